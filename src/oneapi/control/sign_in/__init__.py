"""Signing in and out: passwords, the session cookie, the login routes."""
