"""``Text``: the body of a contact, event, task or note.

Spec: MS-ASAIRS 2.2.2.9 (Body); RFC 5545 3.8.1.5 (DESCRIPTION); MS-OXCICAL 2.1.3.1.1.20.11
(X-ALT-DESC).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A body in one or two forms, line ends LF.

    ``plain`` is always there where there is a body at all; ``html`` is empty where the body was
    written as plain text. Where both are there, HTML is the native form and ``plain`` was made
    from it.
    """

    plain: str = ""
    html: str = ""

    def __bool__(self) -> bool:
        return bool(self.plain or self.html)


NO_TEXT = Text()
