"""LDAP version 3: octets to requests, answers to octets; no meaning, no directory.

Spec: RFC 4511 (protocol), 4512 (models), 4514 (names), 4515 (filters), 4517 (syntaxes).
"""
