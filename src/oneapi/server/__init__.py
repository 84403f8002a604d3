"""Processes: a light supervisor, workers on one port, signals, drain."""
