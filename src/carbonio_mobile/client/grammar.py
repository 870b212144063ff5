"""How a command is added, with help and examples, and the values that commands take."""

from argparse import (
    ArgumentParser,
    ArgumentTypeError,
    RawDescriptionHelpFormatter,
)
from collections.abc import Awaitable, Callable
from typing import Any

from carbonio_mobile.eas.times import parse_datetime
from carbonio_mobile.eas.version import OFFERED

Command = Callable[..., Awaitable[int]]


class Commands:
    """The commands of a parser."""

    def __init__(self, parser: ArgumentParser) -> None:
        self._rows = parser.add_subparsers(metavar="COMMAND", required=True, title="commands")

    def add(
        self, name: str, run: Command, purpose: str, *examples: str, **defaults: Any
    ) -> ArgumentParser:
        """Add a command with its help and examples."""
        lines = "\n".join(f"  carbonio-mobile-client … {name} {one}".rstrip() for one in examples)
        row = self._rows.add_parser(
            name,
            help=purpose,
            description=purpose[0].upper() + purpose[1:] + ".",
            epilog=f"examples:\n{lines}",
            formatter_class=RawDescriptionHelpFormatter,
        )
        row.set_defaults(run=run, needs_server=True, **defaults)
        return row


def window(text: str) -> int:
    """Read a window size. Raises: ArgumentTypeError, as all of these do."""
    number = count(text)
    if number > 512:
        raise ArgumentTypeError("at most 512")
    return number


def versions(text: str) -> str:
    """Read a list of versions, or all."""
    known = [version.text for version in OFFERED]
    if text != "all" and not all(one in known for one in text.split(",")):
        raise ArgumentTypeError(f"expected all, or some of {','.join(known)}")
    return text


def count(text: str) -> int:
    """Read a number from 1 up."""
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 10**9:
        raise ArgumentTypeError(f"expected a number from 1 up, got {text!r}")
    return int(text)


def device_id(text: str) -> str:
    """Read a device id."""
    if not text.isascii() or not text.isalnum() or len(text) > 32:
        raise ArgumentTypeError("expected 1 to 32 letters and digits")
    return text


def time(text: str) -> float:
    """Read a time, which is UTC where it names no zone; gives seconds UTC."""
    try:
        return parse_datetime(text)
    except ValueError as exc:
        raise ArgumentTypeError(f"expected a time like 2027-08-01T09:00Z, got {text!r}") from exc
