"""Accounts and address book entries as values; pure."""
