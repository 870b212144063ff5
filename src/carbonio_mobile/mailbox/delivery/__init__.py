"""Mail on its way: the queue of outgoing mail, delivery into mailboxes, the relay, LMTP."""
