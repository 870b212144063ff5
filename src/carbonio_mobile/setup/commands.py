"""The commands on the directory; each gives the exit status, or raises with the reason."""

from argparse import Namespace
from collections.abc import Mapping

from carbonio_mobile.accounts.addresses import normal_address
from carbonio_mobile.accounts.attributes import Level, spelt
from carbonio_mobile.accounts.entries import Target
from carbonio_mobile.accounts.store import DirectoryStore
from carbonio_mobile.setup.passwords import new_password, tell_generated
from carbonio_mobile.setup.refusal import Refused
from carbonio_mobile.setup.surroundings import Surroundings


def create_domain(store: DirectoryStore, arguments: Namespace, around: Surroundings) -> int:
    """Make a domain."""
    hosts = [("zimbraVirtualHostname", arguments.host)] if arguments.host else []
    store.create_domain(arguments.name, hosts)
    around.say(f"created domain {arguments.name}")
    return 0


def create_cos(store: DirectoryStore, arguments: Namespace, around: Surroundings) -> int:
    """Make a class of service."""
    store.create_cos(arguments.name, arguments.attributes)
    around.say(f"created class of service {arguments.name}")
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


def delete_account(store: DirectoryStore, arguments: Namespace, around: Surroundings) -> int:
    """Remove an account, after asking."""
    if not arguments.yes:
        if not around.stdin.isatty():
            raise Refused("there is no terminal to ask on; say --yes to delete the account")
        around.err.write(f"Delete the account {arguments.address}? Type yes: ")
        around.err.flush()
        if around.stdin.readline().strip().lower() != "yes":
            raise Refused("not deleted")
    account = store.delete_account(arguments.address)
    around.say(f"deleted account {arguments.address} {account}; its mailbox files stay")
    return 0


def rename_account(store: DirectoryStore, arguments: Namespace, around: Surroundings) -> int:
    """Give an account another name."""
    store.rename_account(arguments.address, arguments.new_address)
    around.say(f"renamed {arguments.address} to {arguments.new_address}")
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


def unlock(store: DirectoryStore, arguments: Namespace, around: Surroundings) -> int:
    """End a lockout."""
    store.unlock(arguments.address)
    around.say(f"unlocked {arguments.address}")
    return 0


def add_alias(store: DirectoryStore, arguments: Namespace, around: Surroundings) -> int:
    """Add an alias."""
    store.add_alias(arguments.address, arguments.alias)
    around.say(f"{arguments.address} now also receives mail for {arguments.alias}")
    return 0


def remove_alias(store: DirectoryStore, arguments: Namespace, around: Surroundings) -> int:
    """Take an alias away."""
    store.remove_alias(arguments.address, arguments.alias)
    around.say(f"{arguments.address} no longer receives mail for {arguments.alias}")
    return 0


def set_attribute(store: DirectoryStore, arguments: Namespace, around: Surroundings) -> int:
    """Change an attribute."""
    if arguments.sign and not arguments.values:
        raise Refused("--add and --remove need a value")
    store.set_attributes(arguments.target, [(arguments.sign + arguments.name, arguments.values)])
    around.say(f"changed {spelt(arguments.name.lstrip('+-'))} of {arguments.target}")
    return 0


def show(store: DirectoryStore, arguments: Namespace, around: Surroundings) -> int:
    """Print an entry as the product does: a line with its name, then ``attribute: value`` lines."""
    entry = store.entry(arguments.target, around.clock())
    around.say(f"# {entry.name} {entry.id}" if entry.name else f"# {entry.id}")
    _say_attributes(entry.own, around)
    if arguments.inherited:
        around.say("# inherited")
        _say_attributes(entry.inherited, around)
    return 0


def list_entries(store: DirectoryStore, arguments: Namespace, around: Surroundings) -> int:
    """Print names, one a line."""
    if arguments.what == "domains":
        names = store.domains()
    elif arguments.what == "cos":
        names = store.classes_of_service()
    else:
        names = [name for name, _ in store.accounts(arguments.domain)]
    for name in names:
        around.say(name)
    return 0


def _say_attributes(attributes: Mapping[str, tuple[str, ...]], around: Surroundings) -> None:
    for name, values in attributes.items():
        for value in values:
            around.say(f"{name}: {value}")
