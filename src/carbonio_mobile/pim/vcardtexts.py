"""Fields of a contact that are one text or one date each, and names: by which properties.

Spec: RFC 6350 6.2, 6.6, 6.7; MS-OXVCARD 2.1.3 (X-MS-…).
"""

from collections.abc import Callable, Mapping
from datetime import date

from carbonio_mobile.pim.contentlines import ContentLine, Params, escape
from carbonio_mobile.pim.vcardslots import NO_CHOICE, Choices, Family, Value, Written
from carbonio_mobile.pim.vcardvalues import (
    is_uri,
    read_components,
    read_date,
    read_listed,
    read_note,
    read_text,
    write_components,
    write_date,
)

_TEXTS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    # field, property in 4.0, in 3.0 and 2.1, what others call it
    ("uid", "UID", "UID", ()),
    ("file_as", "X-EVOLUTION-FILE-AS", "X-EVOLUTION-FILE-AS", ("X-CARBONIO-MOBILE-FILE-AS",)),
    ("job_title", "TITLE", "TITLE", ()),
    ("web_page", "URL", "URL", ()),
    ("yomi_first_name", "X-PHONETIC-FIRST-NAME", "X-PHONETIC-FIRST-NAME", ()),
    ("yomi_last_name", "X-PHONETIC-LAST-NAME", "X-PHONETIC-LAST-NAME", ()),
    ("yomi_company_name", "X-PHONETIC-ORG", "X-PHONETIC-ORG", ()),
    (
        "office_location",
        "X-CARBONIO-MOBILE-OFFICE-LOCATION",
        "X-CARBONIO-MOBILE-OFFICE-LOCATION",
        ("X-EVOLUTION-OFFICE", "X-KADDRESSBOOK-X-OFFICE"),
    ),
    (
        "assistant_name",
        "X-EVOLUTION-ASSISTANT",
        "X-EVOLUTION-ASSISTANT",
        ("X-MS-ASSISTANT", "X-ASSISTANT", "X-KADDRESSBOOK-X-ASSISTANTSNAME", "X-ABRELATEDNAMES"),
    ),
    (
        "manager_name",
        "X-EVOLUTION-MANAGER",
        "X-EVOLUTION-MANAGER",
        ("X-MS-MANAGER", "X-MANAGER", "X-KADDRESSBOOK-X-MANAGERSNAME", "X-ABRELATEDNAMES"),
    ),
    (
        "spouse",
        "RELATED",
        "X-EVOLUTION-SPOUSE",
        (
            "X-MS-SPOUSE",
            "X-SPOUSE",
            "X-KADDRESSBOOK-X-SPOUSESNAME",
            "X-WAB-SPOUSE_NAME",
            "X-ABRELATEDNAMES",
        ),
    ),
    ("customer_id", "X-CARBONIO-MOBILE-CUSTOMER-ID", "X-CARBONIO-MOBILE-CUSTOMER-ID", ()),
    ("government_id", "X-CARBONIO-MOBILE-GOVERNMENT-ID", "X-CARBONIO-MOBILE-GOVERNMENT-ID", ()),
    ("account_name", "X-CARBONIO-MOBILE-ACCOUNT-NAME", "X-CARBONIO-MOBILE-ACCOUNT-NAME", ()),
    ("mms", "X-CARBONIO-MOBILE-MMS", "X-CARBONIO-MOBILE-MMS", ()),
    ("alias", "X-CARBONIO-MOBILE-ALIAS", "X-CARBONIO-MOBILE-ALIAS", ()),
    (
        "weighted_rank",
        "X-CARBONIO-MOBILE-WEIGHTED-RANK",
        "X-CARBONIO-MOBILE-WEIGHTED-RANK",
        (),
    ),
)
_NOTES = (("note", "NOTE"), ("note_html", "X-CARBONIO-MOBILE-NOTE-HTML"))

RELATIONS: Mapping[str, frozenset[str]] = {
    "spouse": frozenset({"spouse", "partner", "husband", "wife"}),
    "children": frozenset({"child", "son", "daughter"}),
    "assistant_name": frozenset({"assistant"}),
    "manager_name": frozenset({"manager"}),
}
_RELATED_PARAMS: Params = [("TYPE", "spouse"), ("VALUE", "text")]


def is_relation(line: ContentLine, field: str) -> bool:
    """Tell whether RELATED or X-ABRELATEDNAMES names, in words, such a relative."""
    kinds = line.types() | {line.label}
    if not kinds & RELATIONS.get(field, frozenset()):
        return False
    in_words = line.name != "RELATED" or line.param("VALUE").lower() == "text"
    return in_words or not is_uri(line.value.strip())


def _text_family(
    field: str,
    name: str,
    old_name: str | None = None,
    *,
    read: Callable[[ContentLine], Value] = read_text,
) -> Family:
    def choices(line: ContentLine) -> Choices:
        if line.name in ("RELATED", "X-ABRELATEDNAMES") and not is_relation(line, field):
            return NO_CHOICE
        return ((field,), ())

    def write(value: Value, line: ContentLine | None, version: int) -> Written | None:
        if not value:
            return None
        used = line.name if line else (name if version >= 40 else old_name or name)
        return Written(used, escape(str(value), plain=version == 21), _kept_value(line))

    new = {"RELATED": _RELATED_PARAMS} if name == "RELATED" else {}
    return Family(slots=(field,), choices=choices, read=read, write=write, new_params=new)


def _kept_value(line: ContentLine | None) -> Params:
    return [("VALUE", "text")] if line is not None and line.name == "RELATED" else []


# Names and organisation: several fields in one property


def _components_family(slot: str, name: str, count: int, *, stays: bool) -> Family:
    def write(value: Value, line: ContentLine | None, version: int) -> Written | None:
        old = line.text() if line is not None else ""
        before = read_components(line, count) if line is not None else ("",) * count
        text = write_components(old, before, value, version == 21)
        return Written(name, text, []) if stays or text.strip("; ") else None

    def read(line: ContentLine) -> Value:
        found = read_components(line, count)
        return found if any(found) else ()

    return Family(
        slots=(slot,), choices=lambda _: ((slot,), ()), read=read, write=write, new_params={}
    )


# Dates


def _date_family(field: str, name: str, old_name: str) -> Family:
    def choices(line: ContentLine) -> Choices:
        if line.name == "X-ABDATE" and line.label != "anniversary":
            return NO_CHOICE
        return ((field,), ())

    def write(value: date | None, line: ContentLine | None, version: int) -> Written | None:
        if value is None:
            return None
        used = line.name if line else (name if version >= 40 else old_name)
        return Written(used, write_date(value, dashed=version < 40), [])

    return Family(
        slots=(field,),
        choices=choices,
        read=read_date,
        write=write,
        new_params={},
        dropped=frozenset({"X-APPLE-OMIT-YEAR", "CALSCALE"}),
    )


# The families

NAMES = _components_family("names", "N", 5, stays=True)
"""The slot ``names``: last, first, middle, title, suffix."""
ORGANISATION = _components_family("organisation", "ORG", 2, stays=False)
"""The slot ``organisation``: company and department."""
NICK_NAME = _text_family("nick_name", "NICKNAME", read=read_listed)
BIRTHDAY = _date_family("birthday", "BDAY", "BDAY")
ANNIVERSARY = _date_family("anniversary", "ANNIVERSARY", "X-ANNIVERSARY")
ANNIVERSARY_NAMES = (
    "ANNIVERSARY", "X-ANNIVERSARY", "X-EVOLUTION-ANNIVERSARY", "X-MS-ANNIVERSARY",
    "X-KADDRESSBOOK-X-ANNIVERSARY", "X-WAB-WEDDING_ANNIVERSARY", "X-ABDATE",
)  # fmt: skip


def text_families() -> list[tuple[Family, tuple[str, ...]]]:
    """Give the families of one text each, with the names of their properties."""
    texts = [
        (_text_family(field, name, old), (name, old, *others))
        for field, name, old, others in _TEXTS
    ]
    notes = [(_text_family(field, name, read=read_note), (name,)) for field, name in _NOTES]
    return [*texts, *notes]
