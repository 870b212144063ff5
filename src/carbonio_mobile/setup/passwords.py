"""Where a new password comes from: a line of standard input, a prompt asked twice, or chance."""

from argparse import Namespace

from carbonio_mobile.setup.refusal import Refused
from carbonio_mobile.setup.surroundings import Surroundings


def new_password(arguments: Namespace, around: Surroundings) -> str:
    """Obtain the password that the options ask for. Raises: Refused."""
    if arguments.generate:
        return around.generate_password()
    if arguments.password_stdin:
        return _from_input(around)
    return _from_prompt(around)


def tell_generated(arguments: Namespace, password: str, around: Surroundings) -> None:
    """Print a generated password, the only time that it is shown."""
    if arguments.generate:
        around.say(f"password: {password}")


def _from_input(around: Surroundings) -> str:
    password = around.stdin.readline().rstrip("\r\n")
    if not password:
        raise Refused("standard input gave no password")
    return password


def _from_prompt(around: Surroundings) -> str:
    if not around.stdin.isatty():
        raise Refused(
            "there is no terminal to ask for the password; use --password-stdin or --generate"
        )
    password = around.ask_secret("Password: ")
    if password != around.ask_secret("The same again: "):
        raise Refused("the two passwords differ; nothing was changed")
    return password
