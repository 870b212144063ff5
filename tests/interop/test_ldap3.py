"""The client library ldap3 against the running demo: a second reader of what is sent.

Spec: issue 5, section 4; ../shared/ldap/outlook-and-peers.md 2.5 (views), 6.
"""

import ssl
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import ldap3
import pytest
from ldap3.core.exceptions import LDAPExceptionError

from tests.interop.test_ldap import LdapDemo, running_demo

BOOK = "o=addressbook"
GAL = f"ou=InternalGAL/_zextras,{BOOK}"


@pytest.fixture(scope="module")
def demo() -> Iterator[LdapDemo]:
    """Run one demo for all tests here."""
    with running_demo() as running:
        yield running


@pytest.fixture
def connection(demo: LdapDemo) -> Iterator[Any]:
    """Log in as John; the schema and the rootDSE are read on the way."""
    made = connect(demo)
    yield made
    made.unbind()


def connect(demo: LdapDemo, name: str = "john@example.com", password: str = "demo-john") -> Any:
    address = urlsplit(demo.tls)
    server = ldap3.Server(
        address.hostname,
        port=address.port,
        use_ssl=True,
        tls=ldap3.Tls(validate=ssl.CERT_NONE),
        get_info=ldap3.ALL,
    )
    return ldap3.Connection(server, name, password, auto_bind=True)


def test_the_root_and_the_schema_are_read(connection: Any) -> None:
    """RFC 4512 4 and 5.1: both parse, and name what the server can do."""
    info, schema = connection.server.info, connection.server.schema
    assert info.naming_contexts == [BOOK]
    assert {each[0] for each in info.supported_controls} >= {
        "1.2.840.113556.1.4.319",
        "1.2.840.113556.1.4.473",
        "2.16.840.1.113730.3.4.9",
    }
    assert "inetOrgPerson" in schema.object_classes
    assert schema.attribute_types["mail"].oid == "0.9.2342.19200300.100.1.3"


def test_who_am_i(connection: Any) -> None:
    """RFC 4532."""
    assert connection.extend.standard.who_am_i() == "u:john@example.com"


def test_a_wrong_password_is_refused(demo: LdapDemo) -> None:
    """Result 49."""
    with pytest.raises(LDAPExceptionError, match="invalidCredentials"):
        connect(demo, password="wrong")


@pytest.mark.parametrize("base", ["", BOOK, GAL])
def test_entries_are_read_by_the_schema(connection: Any, base: str) -> None:
    """Each value has the form that the schema says; ``*`` shows no operational attribute."""
    assert connection.search(base, "(mail=mary@example.com)", attributes=["*"])
    (entry,) = [each for each in connection.entries if each.entry_dn.endswith(GAL)]
    assert entry.mail.values == ["mary@example.com"]
    assert "inetOrgPerson" in entry.objectClass.values
    assert "entryUUID" not in entry.entry_attributes


def test_pages(connection: Any) -> None:
    """RFC 2696: page by page comes the same as at once, each once."""
    connection.search("", "(mail=*)", attributes=["mail"])
    whole = sorted(entry.entry_dn for entry in connection.entries)
    pages = connection.extend.standard.paged_search(
        "", "(mail=*)", attributes=["mail"], paged_size=2, generator=True
    )
    assert sorted(entry["dn"] for entry in pages) == whole
    assert len(whole) > 2


def test_nothing_can_be_written(connection: Any) -> None:
    """Result 53, and the entry stays as it was."""
    name = f"uid=new,{GAL}"
    for done in (
        connection.add(name, ["inetOrgPerson"], {"cn": "New", "sn": "New"}),
        connection.modify(name, {"cn": [(ldap3.MODIFY_REPLACE, ["Other"])]}),
        connection.modify_dn(name, "uid=other"),
        connection.delete(name),
    ):
        assert not done
        assert connection.result["description"] == "unwillingToPerform"
    assert not connection.search("", "(cn=New)")


def test_limits_are_kept(connection: Any) -> None:
    """Result 4 with as many entries as were asked for."""
    assert connection.search("", "(mail=*)", size_limit=1)
    assert connection.result["description"] == "sizeLimitExceeded"
    assert len(connection.entries) == 1
