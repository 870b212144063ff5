"""Mailbox backends."""
