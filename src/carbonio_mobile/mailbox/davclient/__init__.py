"""A CalDAV and CardDAV server: discovery, collections, changes, items."""
