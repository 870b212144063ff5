"""The global options, which stand before the module.

Spec: ../shared/carbonio/cli.md 1.3.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from carbonio_mobile.admin.declaring import nearest, shortened
from carbonio_mobile.cli.faults import Mistyped

DEFAULT_SOCKET = "/run/carbonio-mobile/admin.sock"
SOCKET_VARIABLE = "CARBONIO_MOBILE_SOCKET"
ALL_SERVERS = "all_servers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the global options say; ``host`` is empty for the local server."""

    socket: str = DEFAULT_SOCKET
    json: bool = False
    sync: bool = False
    progress: bool = False
    host: str = ""


FLAGS: Mapping[str, str] = {
    "--json": "print the answer as JSON",
    "--sync": "exit with 0 successful, 1 failed, 2 stopped, 3 removed, 4 interrupted",
    "--progress": "print how far the operation is; Ctrl-C ends the printing, not the operation",
}
VALUED: Mapping[str, str] = {
    "--socket PATH": f"the admin socket; else ${SOCKET_VARIABLE}, else {DEFAULT_SOCKET}",
    f"--host H|{ALL_SERVERS}": "the server to ask; there is the local one only",
}
PLAIN: Mapping[str, str] = {
    "--help": "the same as the command help",
    "--version": "print the version of the program",
}
_VALUED_NAMES = tuple(name.partition(" ")[0] for name in VALUED)
NAMES = (*FLAGS, *_VALUED_NAMES, *PLAIN)


def initial(environ: Mapping[str, str]) -> Options:
    """Give what holds where no option says otherwise."""
    return Options(socket=environ.get(SOCKET_VARIABLE) or DEFAULT_SOCKET)


def split(words: Sequence[str], options: Options) -> tuple[Options, list[str]]:
    """Take the options at the head of a command line; gives them and the rest.

    ``--help`` becomes the word ``help``; ``--version`` stays as the first word. Raises: Mistyped.
    """
    left = list(words)
    while left and left[0].startswith("-"):
        name, equals, value = left.pop(0).partition("=")
        if name in _VALUED_NAMES:
            if not equals:
                value = left.pop(0) if left else ""
            if not value:
                raise Mistyped(f"{name} wants a value after it")
            options = replace(options, **{name.removeprefix("--"): value})  # type: ignore[arg-type]
        elif name in FLAGS and not equals:
            options = replace(options, **{name.removeprefix("--"): True})  # type: ignore[arg-type]
        elif name in {"--help", "-h"}:
            return options, ["help", *left]
        elif name == "--version":
            return options, [name]
        else:
            raise Mistyped(_unknown(name))
    return options, left


def _unknown(name: str) -> str:
    near = nearest(name, NAMES)
    hint = f"; did you mean {near}?" if near else ""
    return f"there is no option {shortened(name)}, expected one of {', '.join(NAMES)}{hint}"


def check_host(host: str, local: Collection[str]) -> None:
    """Accept the names of this server, and all servers, which are this one.

    Raises: Mistyped.
    """
    folded = {name.lower() for name in local} | {ALL_SERVERS, "localhost", "127.0.0.1", "::1"}
    if host and host.lower() not in folded:
        raise Mistyped(
            f"--host {shortened(host)}: only the local server can be asked from here, expected one "
            f"of {', '.join(sorted(folded))}; to ask another one, run the command there"
        )
