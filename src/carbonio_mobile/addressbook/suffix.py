"""What the tree of every login hangs from."""

from typing import Final

SUFFIX: Final = "o=addressbook"
"""The name of the entry at the top (RFC 4514); the same for everybody, so that it can be told
before anybody logged in (namingContexts) and typed where a client wants a search base."""
