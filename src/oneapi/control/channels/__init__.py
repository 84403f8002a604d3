"""Operators' accounts at vendors, and the routing index that follows from them."""
