"""Redemption codes: made by administrators, redeemed once by anybody."""
