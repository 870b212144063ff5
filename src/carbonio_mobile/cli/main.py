"""The entry points of ``carbonio`` and ``carbonio-mobile``."""

import os
import sys
from collections.abc import Sequence

from carbonio_mobile.cli import completing, options
from carbonio_mobile.cli.faults import KEYBOARD, Mistyped, Outcome
from carbonio_mobile.cli.grammar import Grammar
from carbonio_mobile.cli.session import Session
from carbonio_mobile.cli.surroundings import Surroundings, real


def main(argv: Sequence[str] | None = None) -> int:
    """Do what ``carbonio`` was asked to do and give the exit status."""
    return run(sys.argv[1:] if argv is None else argv, real(), "carbonio")


def mobile(argv: Sequence[str] | None = None) -> int:
    """Do the same for ``carbonio-mobile``, where the module ``mobile`` need not be said."""
    return run(sys.argv[1:] if argv is None else argv, real(), "carbonio-mobile", "mobile")


def run(argv: Sequence[str], around: Surroundings, program: str, module: str = "") -> int:
    """Do a command line in given surroundings."""
    try:
        grammar = Grammar(around.commands(), module)
        if argv[:1] == [completing.ASK]:
            for each in completing.candidates(grammar, argv[1:]):
                around.out.write(f"{each}\n")
            return Outcome.SUCCESSFUL
        status = _begin(grammar, argv, around, program)
        around.out.flush()
        return int(status)
    except BrokenPipeError:
        _forget_output()
        return 1  # who read the output has seen enough
    except KeyboardInterrupt:
        return KEYBOARD


def _begin(grammar: Grammar, argv: Sequence[str], around: Surroundings, program: str) -> int:
    given = options.initial(around.environ)
    try:
        given_here, left = options.split(argv, given)
    except Mistyped:
        given_here, left = given, list(argv)  # the session says what is wrong
    one_shot = bool(left)
    session = Session(
        grammar=grammar,
        program=program,
        given=given if one_shot else given_here,
        around=around,
    )
    try:
        if one_shot:
            return session.do(argv)
        if not around.stdin.isatty():
            from carbonio_mobile.cli import batch

            return batch.run(session, around.stdin)
        from carbonio_mobile.cli import shell

        return shell.run(session, around.environ)
    finally:
        session.close()


def _forget_output() -> None:
    """Let the interpreter flush what is left into nothing, and say nothing of it."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


if __name__ == "__main__":
    sys.exit(main())
