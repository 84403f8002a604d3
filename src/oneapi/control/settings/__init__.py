"""Options, read and changed by root."""
