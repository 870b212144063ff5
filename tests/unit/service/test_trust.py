"""Roots and revocation lists from files."""

from pathlib import Path

import pytest

from carbonio_mobile.errors import ConfigError
from carbonio_mobile.service.trust import trust_store
from tests.unit.directory.authority import authority, revocations

ROOT, OTHER = authority("Root"), authority("Other")


def values(roots: object = "", crls: object = "") -> dict[str, str]:
    return {"smime.roots": str(roots), "smime.crls": str(crls)}


def test_nothing_is_trusted_by_itself() -> None:
    """Without paths there are neither roots nor lists."""
    trust = trust_store(values())
    assert (trust.roots, trust.lists) == ((), ())


def test_files_and_directories(tmp_path: Path) -> None:
    """A file with several roots; a directory with a file for each, hidden ones passed over."""
    (tmp_path / "all.pem").write_bytes(ROOT.pem + OTHER.pem)
    assert len(trust_store(values(tmp_path / "all.pem")).roots) == 2
    lists = tmp_path / "lists"
    lists.mkdir()
    (lists / "a.crl").write_bytes(revocations(ROOT))
    (lists / "b.crl").write_bytes(revocations(OTHER))
    (lists / ".hidden").write_bytes(b"x")
    (lists / "deeper").mkdir()
    assert len(trust_store(values(crls=lists)).lists) == 2


@pytest.mark.parametrize("option", ["smime.roots", "smime.crls"])
def test_unusable_files_are_named(tmp_path: Path, option: str) -> None:
    """The message names the option and the file."""
    good = ROOT.pem if option == "smime.roots" else revocations(ROOT)
    (tmp_path / "a.pem").write_bytes(good)
    bad = tmp_path / "b.pem"
    bad.write_bytes(b"-----BEGIN NOTHING-----\n")
    for path in (bad, tmp_path):
        with pytest.raises(ConfigError, match=r"b\.pem") as caught:
            trust_store({**values(), option: str(path)})
        assert caught.value.option == option
    with pytest.raises(ConfigError, match="none"):
        trust_store({**values(), option: str(tmp_path / "none")})


def test_a_directory_has_its_bound(tmp_path: Path) -> None:
    """A path of something else entirely is noticed."""
    for number in range(1001):
        (tmp_path / str(number)).touch()
    with pytest.raises(ConfigError, match="more than 1000 files"):
        trust_store(values(tmp_path))
