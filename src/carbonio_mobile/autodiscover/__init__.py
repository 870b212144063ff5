"""The documents by which a client finds its server: requests read, answers written."""
