"""The item classes that this server converts."""

CLASSES: frozenset[str] = frozenset({"Email"})
"""Folders of other classes are not shown to devices: what is put into them could not be kept."""
