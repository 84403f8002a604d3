"""What anybody may know: status, notices, models, groups."""
