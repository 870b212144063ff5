"""Mail of the gateway: the mirror of mailboxes, kept fresh, read and written."""
