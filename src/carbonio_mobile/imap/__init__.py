"""IMAP as a client reads and writes it: octets to responses, commands to octets; no connection."""
