"""WebDAV with calendars and address books: octets to values and back; no connection, no clock.

Spec: RFC 4918 (WebDAV), 3744 (rights), 4791 (CalDAV), 5397 (current principal), 5689 (extended
MKCOL), 6352 (CardDAV), 6578 (sync-collection), 6638 (scheduling).
"""
