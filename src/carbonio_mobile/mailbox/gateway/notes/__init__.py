"""Notes of the gateway in an IMAP mailbox."""
