"""``Blobs``: how the large values of an entry are fetched, where an answer wants them."""

from collections.abc import Awaitable, Callable, Collection, Mapping

from carbonio_mobile.addressbook.card import Value

Blobs = Callable[[str, Collection[str]], Awaitable[Mapping[str, tuple[Value, ...]]]]
"""Gives the values of an entry of a book, by its card's id and the keys of the attributes.

What the entry has not, or no longer, is left out. Raises: StoreError.
"""
