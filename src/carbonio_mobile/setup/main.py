"""The entry point of carbonio-mobile-setup."""

import os
from collections.abc import Sequence

from carbonio_mobile.accounts.database import FILE_NAME
from carbonio_mobile.accounts.opening import open_store
from carbonio_mobile.accounts.passwords import FULL_COST, HashCost
from carbonio_mobile.errors import CarbonioMobileError, ConfigError
from carbonio_mobile.setup.arguments import make_parser
from carbonio_mobile.setup.surroundings import Surroundings, real_surroundings


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the command line says and give the exit status.

    Raises: SystemExit(2) for wrong usage.
    """
    os.umask(0o077)  # what SQLite makes beside a database is nobody else's either
    return run(argv, real_surroundings(), FULL_COST)


def run(argv: Sequence[str] | None, around: Surroundings, cost: HashCost) -> int:
    """Do what a command line says in given surroundings."""
    parser = make_parser()
    arguments = parser.parse_args(argv)
    if arguments.on_store and arguments.data is None:
        parser.error("the following arguments are required: --data")
    try:
        if not arguments.on_store:
            return int(arguments.run(arguments, around))
        if arguments.makes_directory:
            arguments.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        elif not (arguments.data / FILE_NAME).exists():
            raise ConfigError(
                "--data", f"there is no directory in {arguments.data}; begin with create-domain"
            )
        store = open_store(arguments.data, cost)
        try:
            return int(arguments.run(store, arguments, around))
        finally:
            store.close()
    except (CarbonioMobileError, OSError) as exc:
        around.complain(f"carbonio-mobile-setup: {exc}")
        return 1
    except KeyboardInterrupt:
        around.complain("carbonio-mobile-setup: interrupted")
        return 1
