"""What comes of a bind."""

from dataclasses import dataclass

from carbonio_mobile.ldap.results import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class BindOutcome:
    """What a bind is answered: ``code`` and ``text``.

    ``why`` is for the log. ``is_wrong``: it counts as a wrong login; ``is_over``: the connection is
    closed after it.
    """

    code: Result
    text: str = ""
    why: str = ""
    is_wrong: bool = False
    is_over: bool = False
