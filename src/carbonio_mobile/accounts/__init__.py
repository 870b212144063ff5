"""Accounts in the daemon's own directory: credentials, attributes, lockout."""
