"""Sieve scripts and the protocol that stores them: octets and text to values and back, no more."""
