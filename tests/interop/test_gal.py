"""The address list of a whole daemon: imports, changes of other processes, restarts.

Spec: issue 5, section 2 (one index, never older than a second after a change).
"""

import time
from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import pytest

from carbonio_mobile.accounts.attributes import Level
from carbonio_mobile.accounts.entries import Target
from carbonio_mobile.accounts.opening import open_store
from carbonio_mobile.accounts.passwords import FULL_COST
from carbonio_mobile.cli.faults import CommandFault
from tests.crash.administrator import Administrator
from tests.crash.daemon import Daemon, make_accounts

JOHN = "john@example.com"
IMPORTED = 1500
SOON_S = 30.0


@pytest.fixture
def daemon() -> Iterator[Daemon]:
    """Give a running daemon with an account."""
    folder = Path(mkdtemp())
    made = Daemon(folder)
    make_accounts(made.data, [(JOHN, "only for this test")])
    try:
        made.start()
        yield made
    finally:
        made.kill()
        rmtree(folder)


def ldif(*numbers: int) -> bytes:
    """Write people."""
    return "".join(
        f"dn: uid=p{number},o=partners\nobjectClass: inetOrgPerson\nuid: p{number}\n"
        f"cn: Partner {number}\nsn: Number{number}\nmail: p{number}@partner.example\n\n"
        for number in numbers
    ).encode()


def found(administrator: Administrator, name: str) -> list[str]:
    """Search the address list; gives main addresses."""
    rows = administrator.rows(f"prov searchGal example.com {name}")
    return sorted(str(row["name"]) for row in rows)


def wait_for(administrator: Administrator, name: str, count: int) -> None:
    """Wait until a search finds so many: very much changes at once."""
    end = time.monotonic() + SOON_S
    while len(found(administrator, name)) != count:
        assert time.monotonic() < end, found(administrator, name)
        time.sleep(0.05)


def test_imports_and_changes_of_others(daemon: Daemon) -> None:
    """An import is searched, a change by another process at the next search, both after a kill."""
    administrator = Administrator(daemon.data)
    (said,) = administrator.ask(
        "prov importGal example.com people.ldif", ldif(*range(IMPORTED), 99_999)
    )
    assert said["text"] == f"{IMPORTED + 1} added"
    wait_for(administrator, "number99999", 1)
    wait_for(administrator, "number77", 11)
    store = open_store(daemon.data, FULL_COST)
    try:
        store.create_account("mary@example.com", None)
        assert found(administrator, "mary") == ["mary@example.com"]
        mary = Target(level=Level.ACCOUNT, name="mary@example.com")
        store.set_attributes(mary, [("displayName", ["Number77 Mary"])])
        assert "mary@example.com" in found(administrator, "number77")
        store.set_attributes(mary, [("zimbraHideInGal", ["TRUE"])])
        assert len(found(administrator, "number77")) == 11
    finally:
        store.close()
    with pytest.raises(CommandFault, match=r"line 15: .*nothing was changed"):
        administrator.ask("prov ig example.com people.ldif", ldif(1, 2) + b"cn: nobody\n")
    assert len(found(administrator, "number77")) == 11
    daemon.kill()
    daemon.start()
    assert len(found(administrator, "number77")) == 11
    (said,) = administrator.ask("prov ig example.com people.ldif", ldif(77, 5))
    assert said["text"] == f"{IMPORTED - 1} removed, 2 unchanged"
    wait_for(administrator, "partner", 2)
