"""The commands on the directory; each gives the exit status, or raises with the reason."""

from argparse import Namespace

from carbonio_mobile.accounts.addresses import normal_address
from carbonio_mobile.accounts.attributes import Level
from carbonio_mobile.accounts.entries import Target
from carbonio_mobile.accounts.store import DirectoryStore
from carbonio_mobile.setup.passwords import new_password, tell_generated
from carbonio_mobile.setup.surroundings import Surroundings


def create_domain(store: DirectoryStore, arguments: Namespace, around: Surroundings) -> int:
    """Make a domain."""
    hosts = [("zimbraVirtualHostname", arguments.host)] if arguments.host else []
    store.create_domain(arguments.name, hosts)
    around.say(f"created domain {arguments.name}")
    return 0


def create_account(store: DirectoryStore, arguments: Namespace, around: Surroundings) -> int:
    """Make an account."""
    # Checked first: nobody should type a password twice for an address that cannot be.
    normal_address(arguments.address)
    changes = []
    if arguments.display_name is not None:
        changes.append(("displayName", (arguments.display_name,)))
    if arguments.quota is not None:
        changes.append(("zimbraMailQuota", (str(arguments.quota),)))
    password = new_password(arguments, around)
    account = store.create_account(
        arguments.address, password, aliases=arguments.alias, cos=arguments.cos, changes=changes
    )
    around.say(f"created account {arguments.address} {account}")
    tell_generated(arguments, password, around)
    return 0


def set_password(store: DirectoryStore, arguments: Namespace, around: Surroundings) -> int:
    """Change a password."""
    # Looked up first, for the same reason.
    store.entry(Target(level=Level.ACCOUNT, name=arguments.address), around.clock())
    password = new_password(arguments, around)
    store.set_password(arguments.address, password)
    around.say(f"changed the password of {arguments.address}")
    tell_generated(arguments, password, around)
    return 0
