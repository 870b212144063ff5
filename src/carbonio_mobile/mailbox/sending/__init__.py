"""Sending by the mail server's submission service."""
