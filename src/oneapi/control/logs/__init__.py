"""What happened: consumption, top-ups, changes by administrators."""
