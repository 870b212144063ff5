"""From typed words to a command and its arguments.

A command is found by the longest match of its words, whatever their case; one that has a short word
is found by that as well.

Spec: ../shared/carbonio/cli.md 1.1.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from carbonio_mobile.admin.declaring import (
    Command,
    Typed,
    UsageFault,
    assign,
    nearest,
    read,
    shortened,
)
from carbonio_mobile.cli.faults import Mistyped

CHOICES_SAID = 12
"""So many words are named in a message; more are left to the help page that follows it."""

Path = tuple[str, ...]
"""Words of commands in lower case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A command line that was understood."""

    command: Command
    typed: Typed

    @property
    def files(self) -> list[str]:
        """The files whose octets go along, as they were named."""
        given = [self.typed.get(each.name) for each in self.command.parameters if each.file]
        return [each for each in given if isinstance(each, str)]


class Grammar:
    """All commands, by their words.

    With ``module``, its name may be left out: ``getServices`` is ``mobile getServices`` then.
    """

    def __init__(self, commands: Iterable[Command], module: str = "") -> None:
        self.commands = tuple(commands)
        self.module = module
        self._found: dict[Path, Command] = {}
        self._next: dict[Path, dict[str, str]] = {(): {}}
        for command in self.commands:
            self._add(command)

    def _add(self, command: Command) -> None:
        path: Path = ()
        for word in (command.module, *command.words):
            self._next.setdefault(path, {}).setdefault(word.lower(), word)
            path = (*path, word.lower())
        self._found[path] = command
        if command.short:
            self._found[(command.module.lower(), command.short.lower())] = command

    @property
    def modules(self) -> tuple[str, ...]:
        """The modules, in the order of the catalogue."""
        return tuple(self._next[()].values())

    def whole(self, words: Sequence[str]) -> tuple[str, ...]:
        """Give the words with the module that was left out."""
        if not self.module:
            return tuple(words)
        first = words[0].lower() if words else ""
        own = self.following((self.module.lower(),))
        if first in {each.lower() for each in self.modules} - {each.lower() for each in own}:
            return tuple(words)
        return (self.module, *words)

    def following(self, path: Sequence[str]) -> tuple[str, ...]:
        """Give the words that may come next, as they are spelt; none where a path ends."""
        return tuple(self._next.get(_folded(path), {}).values())

    def command(self, path: Sequence[str]) -> Command | None:
        """Give the command of exactly these words."""
        return self._found.get(_folded(path))

    def within(self, path: Sequence[str]) -> tuple[Command, ...]:
        """Give the commands whose words begin so, in the order of the catalogue."""
        begun = _folded(path)
        return tuple(
            each
            for each in self.commands
            if _folded((each.module, *each.words))[: len(begun)] == begun
        )

    def longest(self, words: Sequence[str]) -> tuple[Command | None, int]:
        """Give the command with the most of these words, and how many they are."""
        folded = _folded(words)
        for count in range(len(folded), 0, -1):
            found = self._found.get(folded[:count])
            if found is not None:
                return found, count
        return None, 0

    def ask(self, words: Sequence[str]) -> Asked:
        """Understand a command line, without global options. Raises: Mistyped."""
        whole = self.whole(words)
        for word in whole:
            _check_text(word)
        command, count = self.longest(whole)
        if command is None:
            raise self._no_command(whole)
        try:
            typed = assign(command, whole[count:])
            read(command, typed)
        except UsageFault as exc:
            raise Mistyped(str(exc), (command.module, *command.words)) from exc
        return Asked(command=command, typed=typed)

    def known(self, words: Sequence[str]) -> tuple[str, ...]:
        """Give the words at the head that lead to some command."""
        count = 0
        while count < len(words) and words[count].lower() in map(
            str.lower, self.following(words[:count])
        ):
            count += 1
        return tuple(words[:count])

    def _no_command(self, words: Sequence[str]) -> Mistyped:
        path = self.known(words)
        after = f" after {' '.join(path)}" if path else ""
        choices = self.following(path)
        few = len(choices) <= CHOICES_SAID
        expected = f"expected one of {', '.join(choices)}" if few else "expected one of those below"
        if len(path) == len(words):
            return Mistyped(f"a command is missing{after}, {expected}", path)
        wrong = words[len(path)]
        near = self._near(path, wrong)
        hint = f"; did you mean {near}?" if near else ""
        return Mistyped(f"there is no {shortened(wrong)}{after}{hint} ({expected})", path)

    def _near(self, path: Path, word: str) -> str:
        """Give the next word that is most like a wrong one, else a whole command that ends so."""
        near = nearest(word, self.following(path))
        if near:
            return near
        ends = {each.words[-1]: each.name for each in reversed(self.within(path))}
        found = nearest(word, list(ends))
        return ends.get(found, "")


def _folded(words: Sequence[str]) -> Path:
    return tuple(word.lower() for word in words)


def _check_text(word: str) -> None:
    try:
        word.encode()
    except UnicodeEncodeError as exc:
        raise Mistyped(f"{shortened(word)} is no text in UTF-8") from exc
