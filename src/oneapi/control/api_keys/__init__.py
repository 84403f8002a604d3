"""A user's keys for the relay; One API's name for them, in URLs and tables, is token."""
