"""What runs long: kept in the database, run by one worker of one node, with progress, results and cancelling."""
