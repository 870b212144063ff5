"""How a command is declared: its words, its parameters, and the reading of what was typed.

Mandatory parameters go by position, optional ones as ``name value`` after them, in any order; words
and names are compared without case.

Spec: ../shared/carbonio/cli.md 1.1.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from carbonio_mobile.errors import CarbonioMobileError

SHOWN_CHARACTERS = 80
"""So much of a wrong word is repeated in a message."""


class UsageFault(CarbonioMobileError):
    """A command line that means nothing: says what was expected, and the nearest word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of value: its TYPE in the help, what is expected, and how it is read.

    ``read`` gives the value or raises ValueError. ``words`` are all values, where they are few.
    """

    name: str
    expected: str
    read: Callable[[str], object]
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter of a command.

    - ``required`` ones stand first, by position.
    - ``by_position``: an optional one that the manual's examples also give without its name.
    - ``rest``: takes all words that are left, one or more of them where it is required.
    - ``switch``: stands alone, as ``-v`` does, and is true then.
    - ``secret``: its value is never logged.
    - ``file``: the client reads the file of that name and sends its octets along.
    - ``default`` is what the help prints and what a responder gets, as it would be typed.
    """

    name: str
    kind: Kind
    help: str
    required: bool = False
    default: str | None = None
    by_position: bool = False
    rest: bool = False
    switch: bool = False
    secret: bool = False
    file: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command: ``carbonio MODULE WORDS… PARAMETERS…``.

    ``short`` is another single word for ``words``. ``changes`` tells that it changes something: it
    is written to the audit log, and goes on where its client goes away. ``repeatable``: its last
    word may be said twice, as some examples of the manual do. ``note`` is more help, a paragraph;
    ``deprecated`` names what stands in its place.
    """

    module: str
    words: tuple[str, ...]
    summary: str
    parameters: tuple[Parameter, ...] = ()
    examples: tuple[str, ...] = ()
    short: str = ""
    changes: bool = False
    repeatable: bool = False
    note: str = ""
    deprecated: str = ""

    @property
    def name(self) -> str:
        """The full name, as tables and logs have it: ``mobile ABQ allow``."""
        return " ".join((self.module, *self.words))

    @property
    def usage(self) -> str:
        """The line that shows how it is typed, without the program."""
        return " ".join((self.name, *map(_shown, self.parameters)))

    def parameter(self, name: str) -> Parameter | None:
        """Give the parameter of that name, whatever its case."""
        folded = name.lower()
        return next((each for each in self.parameters if each.name.lower() == folded), None)


def _shown(parameter: Parameter) -> str:
    if parameter.switch:
        return f"[{parameter.name}]"
    if parameter.rest:
        text = f"{parameter.name}…"
        return text if parameter.required else f"[{text}]"
    if parameter.required:
        return parameter.name.upper()
    return f"[{parameter.name} {parameter.kind.name.upper()}]"


Typed = Mapping[str, str | tuple[str, ...]]
"""What was typed for each parameter, by its name; several words for a ``rest``."""


def assign(command: Command, words: Sequence[str]) -> dict[str, str | tuple[str, ...]]:
    """Give each word that follows the command to its parameter. Raises: UsageFault."""
    left = list(words)
    if command.repeatable and left and left[0].lower() == command.words[-1].lower():
        del left[0]
    typed: dict[str, str | tuple[str, ...]] = {}
    for parameter in command.parameters:
        if parameter.required and not parameter.rest:
            _drop_switches(command, left, typed)
            if not left:
                raise UsageFault(_missing(command, parameter))
            typed[parameter.name] = left.pop(0)
    _assign_optional(command, left, typed)
    for parameter in command.parameters:
        if parameter.required and parameter.name not in typed:
            raise UsageFault(_missing(command, parameter))
    return typed


def _drop_switches(
    command: Command, left: list[str], typed: dict[str, str | tuple[str, ...]]
) -> None:
    """Take the switches that stand at the head of what is left."""
    while left and left[0].startswith("-"):
        switch = command.parameter(left[0])
        if switch is None or not switch.switch:
            return
        typed[switch.name] = "true"
        del left[0]


def _assign_optional(
    command: Command, left: list[str], typed: dict[str, str | tuple[str, ...]]
) -> None:
    while left:
        _drop_switches(command, left, typed)
        if not left:
            return
        named = command.parameter(left[0])
        if named is not None and not (named.required or named.rest or named.switch):
            _take_named(command, named, left, typed)
            continue
        rest = next((each for each in command.parameters if each.rest), None)
        if rest is not None:
            typed[rest.name] = tuple(left)
            return
        free = next(
            (each for each in command.parameters if each.by_position and each.name not in typed),
            None,
        )
        if free is None:
            raise UsageFault(_unexpected(command, left[0]))
        typed[free.name] = left.pop(0)


def _take_named(
    command: Command,
    named: Parameter,
    left: list[str],
    typed: dict[str, str | tuple[str, ...]],
) -> None:
    if named.name in typed:
        raise UsageFault(f"{command.name}: {named.name} is given twice")
    if len(left) < 2:
        raise UsageFault(
            f"{command.name}: {named.name} wants a value after it, expected {named.kind.expected}"
        )
    typed[named.name] = left[1]
    del left[:2]


def _missing(command: Command, parameter: Parameter) -> str:
    return (
        f"{command.name}: {parameter.name} is missing, expected {parameter.kind.expected}; "
        f"usage: carbonio {command.usage}"
    )


def _unexpected(command: Command, word: str) -> str:
    names = [each.name for each in command.parameters if not each.required and not each.rest]
    if not names:
        return f"{command.name}: nothing more was expected, got {shortened(word)}"
    near = nearest(word, names)
    hint = f"; did you mean {near}?" if near else ""
    return f"{command.name}: expected {', '.join(names)} and a value, got {shortened(word)}{hint}"


def read(command: Command, typed: Typed) -> dict[str, object]:
    """Read what was typed, and put the defaults where nothing was. Raises: UsageFault."""
    values: dict[str, object] = {}
    for name in typed:
        if command.parameter(name) is None:
            raise UsageFault(_unexpected(command, name))
    for parameter in command.parameters:
        text = typed.get(parameter.name, parameter.default)
        if text is None:
            if parameter.required:
                raise UsageFault(_missing(command, parameter))
            values[parameter.name] = () if parameter.rest else None
        elif parameter.rest:
            words = (text,) if isinstance(text, str) else text
            values[parameter.name] = tuple(_read(command, parameter, word) for word in words)
        elif isinstance(text, str):
            values[parameter.name] = _read(command, parameter, text)
        else:
            raise UsageFault(f"{command.name}: {parameter.name} takes one value")
    return values


def _read(command: Command, parameter: Parameter, text: str) -> object:
    try:
        return parameter.kind.read(text)
    except ValueError as exc:
        got = "another text" if parameter.secret else shortened(text)
        near = nearest(text, parameter.kind.words)
        hint = f"; did you mean {near}?" if near and not parameter.secret else ""
        raise UsageFault(
            f"{command.name}: {parameter.name}: expected {parameter.kind.expected}, got {got}{hint}"
        ) from exc


def nearest(word: str, words: Sequence[str]) -> str:
    """Give the word of a list that is most like the one that was typed; empty where none is."""
    folded = {each.lower(): each for each in words}
    found = get_close_matches(word.lower(), folded, n=1, cutoff=0.6)
    return folded[found[0]] if found else ""


def shortened(text: str) -> str:
    """Give a text of somebody as it may stand in a message: quoted, and not too long."""
    cut = text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"
    return ascii(cut) if not cut.isprintable() else f"'{cut}'"
