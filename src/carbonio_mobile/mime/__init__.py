"""Messages: source to record, bodies and parts, and the composition of outgoing mail; pure."""
