"""Surroundings for tests: streams in memory, which may pretend to be a terminal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from io import StringIO

from carbonio_mobile.cli.main import run
from carbonio_mobile.cli.surroundings import Surroundings
from tests.unit.cli.sample import COMMANDS


class Screen(StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


@dataclass(kw_only=True)
class Ran:
    """One run of the program: what it wrote, and its exit status."""

    status: int = -1
    out: StringIO = field(default_factory=StringIO)
    err: StringIO = field(default_factory=StringIO)

    @property
    def told(self) -> str:
        """What is on standard output."""
        return self.out.getvalue()

    @property
    def complained(self) -> str:
        """What is on standard error."""
        return self.err.getvalue()


def carbonio(
    *words: str,
    socket: str = "/nonexistent/admin.sock",
    stdin: str = "",
    screen: bool = False,
    environ: Mapping[str, str] | None = None,
    program: str = "carbonio",
    module: str = "",
) -> Ran:
    """Run the program once."""
    ran = Ran(out=Screen(), err=Screen()) if screen else Ran()
    around = Surroundings(
        stdin=StringIO(stdin),
        out=ran.out,
        err=ran.err,
        environ={"CARBONIO_MOBILE_SOCKET": socket, **(environ or {})},
        commands=lambda: COMMANDS,
        local_names=lambda: {"mail.example.com", "192.0.2.7"},
    )
    ran.status = run(list(words), around, program, module)
    return ran
