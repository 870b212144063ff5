"""The files of etc/examples: each is a whole configuration, and says how to begin."""

import re
from pathlib import Path

import pytest

from carbonio_mobile.service.options import BY_PATH
from carbonio_mobile.service.source import SettingsSource
from tests.peers.examples import FILES, PLACE, example

EXPECTED = {
    "carbonio-ce.toml": ("ldap", True, False),
    "cyrus.toml": ("imap", True, True),
    "dovecot-ldap.toml": ("ldap", True, True),
    "dovecot-postfix-radicale.toml": ("imap", True, True),
}
"""Where accounts are, and whether there is a DAV and a ManageSieve server."""


def test_all_are_known() -> None:
    """A file that nobody tests is none."""
    assert set(FILES) == set(EXPECTED)


@pytest.mark.parametrize("name", FILES)
def test_each_can_be_read(name: str, tmp_path: Path) -> None:
    """With its certificates and passwords in place, each is taken as it stands."""
    settings = SettingsSource(file=example(name, tmp_path), demo=False, overrides={}).read()
    accounts, has_dav, has_sieve = EXPECTED[name]
    assert settings.accounts_at == accounts
    assert (settings.directory is not None) == (accounts == "ldap")
    gateway = settings.gateway
    assert gateway is not None
    assert gateway.keeps_mail
    assert gateway.submission is not None
    assert (gateway.dav is not None) == has_dav
    assert (gateway.sieve is not None) == has_sieve
    assert settings.certificates is not None


@pytest.mark.parametrize("name", FILES)
def test_what_is_commented_out_are_options(name: str) -> None:
    """What a comment offers to set is an option of its section."""
    section, offered = "", []
    for line in (PLACE / name).read_text(encoding="utf-8").splitlines():
        if found := re.match(r"\[(\w+)\]\Z", line):
            section = found[1]
        elif found := re.match(r'# (\w+) = ["\[{]', line):
            offered.append(f"{section}.{found[1]}")
    assert [one for one in offered if one not in BY_PATH] == []


@pytest.mark.parametrize("name", FILES)
def test_each_names_the_doctor(name: str) -> None:
    """The first lines say what to do."""
    head = (PLACE / name).read_text(encoding="utf-8").partition("[server]")[0]
    assert "carbonio-mobile-setup doctor anna@example.com" in head
