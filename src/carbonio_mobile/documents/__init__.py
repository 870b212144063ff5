"""The library of documents that phones may look into: a directory tree, which is only read."""
