"""The refusal of an argument given to the directory, in words for the person who gave it."""

from carbonio_mobile.errors import StoreError

_SHOWN_CHARACTERS = 80


class InvalidArgument(StoreError):
    """An address, name or value cannot be accepted; nothing was changed.

    ``argument`` names what was given (an attribute, "address", "domain"), ``why`` says what was
    expected.
    """

    def __init__(self, argument: str, why: str) -> None:
        super().__init__(f"{argument}: {why}")
        self.argument = argument
        self.why = why


def shown(value: str) -> str:
    """Quote a refused value for an error text, cut to a readable length."""
    cut = value if len(value) <= _SHOWN_CHARACTERS else value[:_SHOWN_CHARACTERS] + "…"
    return repr(cut)
