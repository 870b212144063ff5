"""Keep single facts in memory, for tests and trials."""

from zope.interface import implementer

from carbonio_mobile.interfaces import IMarks


@implementer(IMarks)
class MemoryMarks:
    """Marks in a mapping. Nothing is durable."""

    def __init__(self) -> None:
        self._marks: dict[str, str] = {}

    async def mark(self, name: str) -> str:
        """Give what was set."""
        return self._marks.get(name, "")

    async def set_mark(self, name: str, value: str) -> None:
        """Set it."""
        self._marks[name] = value
