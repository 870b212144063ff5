"""Hearing of what comes into mailboxes of the gateway."""
