"""Connections to an IMAP server: login, pool, operations, watch."""
