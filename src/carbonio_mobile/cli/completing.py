"""What may be typed next, for the shells and for our own.

Spec: ../shared/carbonio/cli.md 1.2 (Tab completion of commands).
"""

from collections.abc import Iterator, Sequence

from carbonio_mobile.admin.declaring import Command, Parameter, nearest, shortened
from carbonio_mobile.cli import options
from carbonio_mobile.cli.faults import Mistyped
from carbonio_mobile.cli.grammar import Grammar

ASK = "__complete"
"""The word by which the scripts ask; not for people."""

_BASH = """\
_carbonio_PROGRAM() {
    local IFS=$'\\n'
    COMPREPLY=($(PROGRAM __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _carbonio_PROGRAM PROGRAM
"""
_ZSH = """\
#compdef PROGRAM
_carbonio_PROGRAM() {
    local -a found
    found=("${(@f)$(PROGRAM __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    if [[ -n "$found" ]]; then compadd -a found; else _files; fi
}
compdef _carbonio_PROGRAM PROGRAM
"""
_FISH = """\
function _carbonio_PROGRAM
    set -l typed (commandline -opc)
    set -l last (commandline -ct)
    PROGRAM __complete $typed[2..-1] "$last" 2>/dev/null
end
complete -c PROGRAM -a '(_carbonio_PROGRAM)'
"""
SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}


def script(words: Sequence[str], program: str) -> str:
    """Give the script of a shell. Raises: Mistyped."""
    shells = ", ".join(SCRIPTS)
    if len(words) != 1:
        raise Mistyped(f"completion wants the name of one shell, expected one of {shells}")
    found = SCRIPTS.get(words[0].lower())
    if found is None:
        near = nearest(words[0], list(SCRIPTS))
        hint = f"; did you mean {near}?" if near else ""
        raise Mistyped(f"completion: expected one of {shells}, got {shortened(words[0])}{hint}")
    return found.replace("_carbonio_PROGRAM", f"_{program.replace('-', '_')}_words").replace(
        "PROGRAM", program
    )


def candidates(grammar: Grammar, words: Sequence[str]) -> list[str]:
    """Give what the last word, which may be empty, can become; in the order of the catalogue."""
    *before, last = words or [""]
    try:
        before = _without_options(before)
    except Mistyped:
        return []  # the value of an option is being typed
    folded = last.lower()
    return [each for each in _possible(grammar, before, last) if each.lower().startswith(folded)]


def _without_options(words: Sequence[str]) -> list[str]:
    return options.split(words, options.Options())[1]


def _possible(grammar: Grammar, before: Sequence[str], last: str) -> Iterator[str]:
    if not before:
        if last.startswith("-"):
            yield from options.NAMES
            return
        yield from ("help", "completion")
        if grammar.module:
            yield from grammar.following((grammar.module,))
        yield from grammar.modules
        return
    if before[0].lower() == "completion":
        yield from SCRIPTS if len(before) == 1 else ()
        return
    if before[0].lower() == "help":
        path = grammar.whole(before[1:]) if len(before) > 1 or grammar.module else ()
        yield from grammar.following(path)
        return
    whole = grammar.whole(before)
    yield from grammar.following(whole)
    command, count = grammar.longest(whole)
    if command is not None:
        yield from _values(command, whole[count:])


def _values(command: Command, typed: Sequence[str]) -> Iterator[str]:
    """Give what can follow the words that were typed after a command."""
    switches = [each for each in command.parameters if each.switch]
    names = {each.name.lower() for each in switches}
    left = [word for word in typed if word.lower() not in names]
    places = [each for each in command.parameters if each.required and not each.rest]
    if len(left) < len(places):
        yield from places[len(left)].kind.words
        return
    yield from _named(command, left[len(places) :])


def _named(command: Command, words: Sequence[str]) -> Iterator[str]:
    given: set[str] = set()
    at = 0
    while at < len(words):
        named = command.parameter(words[at])
        if named is None or named.required or named.rest or named.switch:
            at += 1
            continue
        if at + 1 == len(words):
            yield from named.kind.words
            return
        given.add(named.name)
        at += 2
    for each in command.parameters:
        if each.name not in given and not (each.required and not each.rest):
            yield from _offered(each)


def _offered(parameter: Parameter) -> tuple[str, ...]:
    if parameter.rest:
        return parameter.kind.words
    return (parameter.name, *(parameter.kind.words if parameter.by_position else ()))
