"""Entries of another directory, as LDIF has them, made entries of an address list here.

Spec: issue 5, section 2 (people who have no account here); ../shared/carbonio/attributes.md 7.2.
"""

import json
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b

from carbonio_mobile.addressbook.ldif import LdifFault, LdifRecord
from carbonio_mobile.addressbook.peoplecards import GROUP_CLASSES, MEMBERS, PEOPLE_CLASSES
from carbonio_mobile.directory.people import MAX_BLOB_BYTES, MAX_CERTIFICATES
from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.ldap.attributes import Attribute, Syntax, attribute
from carbonio_mobile.ldap.names import Dn, escaped, parse_dn

MAX_TEXT_BYTES = 64 << 10

_GROUPS = frozenset(
    {
        *("group", "groupofnames", "groupofuniquenames", "mailgroup", "posixgroup"),
        *("zimbradistributionlist", "zimbragroup", "dynamicgroup", "groupofurls"),
    }
)
_PEOPLE = frozenset(
    {
        *("person", "organizationalperson", "inetorgperson", "mozillaabpersonalpha", "user"),
        *("contact", "residentialperson", "pilotperson", "newpilotperson", "zimbraaccount"),
    }
)
_NO_PEOPLE = frozenset({"computer", "organizationalunit", "organization", "domain", "device"})


@dataclass(frozen=True, slots=True, kw_only=True)
class External:
    """An entry as it is stored; ``texts`` and ``blobs`` are JSON, values by a card's attributes.

    ``key`` is what the entry is called where it comes from, in normal form, ``rdn`` what it would
    be called here. ``digest`` is another one where anything else is.
    """

    key: str
    rdn: tuple[str, str]
    is_group: bool
    mails: tuple[str, ...]
    texts: str = field(repr=False)
    blob_names: str
    blobs: str = field(repr=False)
    digest: str


def external(record: LdifRecord) -> External | None:
    """Make an entry of a record; None for what is neither a person nor a group.

    Attributes that are no address list's are left out, and pictures and certificates that are too
    large. Raises: LdifFault.
    """
    name = _name(record)
    classes = {value.decode("utf-8", "replace").strip().lower() for value in _classes(record)}
    texts, large = _sorted_out(record)
    is_group = bool(classes & _GROUPS)
    is_person = bool(classes & _PEOPLE or texts.get("mail")) and not classes & _NO_PEOPLE
    shown = _shown_name(texts)
    if not (is_group or is_person) or not shown:
        return None
    texts.setdefault("displayname", [shown])
    texts.setdefault("cn", [shown])
    members = texts.pop(MEMBERS, [])
    if is_group and members:
        large[MEMBERS] = [each.encode() for each in members]
    texts["objectclass"] = list(GROUP_CLASSES if is_group else PEOPLE_CLASSES)
    return _made(name, is_group, texts, large)


def _name(record: LdifRecord) -> Dn:
    try:
        name = parse_dn(record.dn)
    except ProtocolError:
        name = Dn()
    if not name:
        raise LdifFault(record.line, "expected the name of an entry after dn:")
    return name


def _made(
    name: Dn, is_group: bool, texts: dict[str, list[str]], large: Mapping[str, list[bytes]]
) -> External:
    stored = _json(texts)
    blobs = _json({key: [b64encode(each).decode() for each in large[key]] for key in large})
    rdn = _rdn(name, texts)
    hashed = blake2b(digest_size=16)
    for part in ("group" if is_group else "person", *rdn, stored, blobs):
        hashed.update(f"{len(part)}:{part}".encode())
    return External(
        key=_key(name),
        rdn=rdn,
        is_group=is_group,
        mails=tuple(texts.get("mail", ())),
        texts=stored,
        blob_names=" ".join(sorted(large)),
        blobs=blobs,
        digest=hashed.hexdigest(),
    )


def _json(values: Mapping[str, list[str]]) -> str:
    return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _classes(record: LdifRecord) -> Iterable[bytes]:
    return (value for name, value in record.values if name.lower() == "objectclass")


def _sorted_out(record: LdifRecord) -> tuple[dict[str, list[str]], dict[str, list[bytes]]]:
    """Give the texts and the large values that address lists have, each value once."""
    texts: dict[str, list[str]] = {}
    large: dict[str, list[bytes]] = {}
    for name, value in record.values:
        known = attribute(name.partition(";")[0])
        if known is None or known.operational or known.key == "objectclass":
            continue
        if known.syntax is Syntax.BINARY:
            if 0 < len(value) <= MAX_BLOB_BYTES:
                _put(large.setdefault(known.key, []), value, MAX_CERTIFICATES)
        elif known.syntax is not Syntax.DN:  # those are names of a tree that is not this one
            text = _text(record, known, value)
            if text:
                _put(texts.setdefault(known.key, []), text, 1 if known.single else None)
    return texts, large


def _put(values: "list[str] | list[bytes]", value: "str | bytes", most: int | None) -> None:
    if value not in values and (most is None or len(values) < most):
        values.append(value)  # type: ignore[arg-type]


def _text(record: LdifRecord, known: Attribute, value: bytes) -> str:
    if len(value) > MAX_TEXT_BYTES:
        raise LdifFault(record.line, f"{known.name} has more than {MAX_TEXT_BYTES} octets")
    try:
        return value.decode("utf-8").strip()
    except UnicodeDecodeError as exc:
        raise LdifFault(record.line, f"expected {known.name} in UTF-8") from exc


def _shown_name(texts: Mapping[str, list[str]]) -> str:
    both = " ".join(texts[key][0] for key in ("givenname", "sn") if texts.get(key))
    named = (texts[key][0] for key in ("displayname", "cn") if texts.get(key))
    return next(named, "") or both or next(iter(texts.get("mail", ())), "")


def _key(name: Dn) -> str:
    """Give the form of a name that is the same for same names."""
    return ",".join(
        "+".join(f"{kind}={escaped(value)}" for kind, value in part) for part in name.key
    )


def _rdn(name: Dn, texts: Mapping[str, list[str]]) -> tuple[str, str]:
    """Give what an entry is called in its own tree, if that means something here."""
    kind, value = name.rdns[0][0]
    known = attribute(kind)
    if known is None or known.syntax in {Syntax.BINARY, Syntax.DN} or not value.strip():
        return "cn", texts["cn"][0]
    return known.name, value.strip()
