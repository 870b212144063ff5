"""The command that brings mail, calendars and address books from files into a mailbox."""

from argparse import Namespace

from carbonio_mobile.accounts.attributes import Level
from carbonio_mobile.accounts.entries import Target
from carbonio_mobile.accounts.store import DirectoryStore
from carbonio_mobile.ids import AccountId
from carbonio_mobile.setup.progress import ProgressBar
from carbonio_mobile.setup.refusal import Refused
from carbonio_mobile.setup.surroundings import Surroundings

_QUOTA = "zimbraMailQuota"
_REFUSED_SHOWN = 50


def import_command(store: DirectoryStore, arguments: Namespace, around: Surroundings) -> int:
    """Import files; the status is 1 where some of it was refused. Raises: Refused, StoreError."""
    # The mailbox is loaded for this command only.
    from carbonio_mobile.mailbox.embedded.import_ import import_files

    missing = [str(path) for path in arguments.paths if not path.exists()]
    if missing:
        raise Refused(f"no such file: {', '.join(missing)}")
    target = Target(level=Level.ACCOUNT, name=arguments.address)
    entry = store.entry(target, around.clock())
    (quota,) = {**entry.inherited, **entry.own}.get(_QUOTA, ("0",))[:1]
    bar = ProgressBar(around.err, "items")
    try:
        summary = import_files(
            arguments.data,
            AccountId(entry.id),
            arguments.paths,
            arguments.folder,
            arguments.format,
            bar,
            dry_run=arguments.dry_run,
            quota_bytes=int(quota),
        )
    finally:
        bar.close()
    verb = "could be imported" if arguments.dry_run else "imported"
    counts = (
        (summary.replaced, "replaced by newer ones"),
        (summary.already_there, "already there"),
        (summary.kept, "kept as they are, the file has nothing newer"),
    )
    others = "".join(f", {count} {words}" for count, words in counts if count)
    around.say(f"{summary.imported} items {verb}{others}, {len(summary.refused)} refused")
    for where, reason in summary.refused[:_REFUSED_SHOWN]:
        around.complain(f"refused {where}: {reason}")
    if len(summary.refused) > _REFUSED_SHOWN:
        around.complain(f"and {len(summary.refused) - _REFUSED_SHOWN} more")
    return 1 if summary.refused else 0
