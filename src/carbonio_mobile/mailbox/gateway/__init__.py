"""Mailboxes on other servers, by the protocols that those speak."""
