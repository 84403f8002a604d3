"""People: their own account, and administrators' view of all accounts."""
