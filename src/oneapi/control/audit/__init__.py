"""What administrators have changed, written where it is changed, and shown."""
