"""How to reach a contact: which properties hold e-mail, telephones, addresses, and the picture.

Spec: RFC 6350 6.2.4, 6.3, 6.4; RFC 2426 3.1.4, 3.3; MS-OXVCARD 2.1.3 (X-MS-…).
"""

from collections.abc import Mapping

from carbonio_mobile.pim.contact import Address
from carbonio_mobile.pim.contentlines import ContentLine, Params, escape
from carbonio_mobile.pim.vcardslots import NO_CHOICE, Choices, Family, Written
from carbonio_mobile.pim.vcardvalues import (
    NAME_PARAM,
    is_external,
    is_tel_uri,
    is_uri,
    read_address,
    read_email,
    read_phone,
    read_picture,
    read_text,
    write_address,
    write_email,
    write_picture,
)

_EMAILS = ("email1_address", "email2_address", "email3_address")
_IMS = ("im_address", "im_address2", "im_address3")
IM_NAMES = (
    "IMPP", "X-MS-IMADDRESS", "X-AIM", "X-GTALK", "X-GOOGLE-TALK", "X-ICQ", "X-JABBER", "X-MSN",
    "X-QQ", "X-SKYPE", "X-SKYPE-USERNAME", "X-YAHOO", "X-SAMETIME", "X-GADUGADU", "X-GROUPWISE",
    "X-KADDRESSBOOK-X-IMADDRESS",
)  # fmt: skip


def _write_email(value: str, _line: ContentLine | None, version: int) -> Written | None:
    if not value:
        return None
    address, params = write_email(value)
    return Written("EMAIL", escape(address, plain=version == 21), params)


def _write_im(value: str, line: ContentLine | None, version: int) -> Written | None:
    if not value:
        return None
    text = escape(value, plain=version == 21)
    if line is None or line.name == "IMPP":
        return Written("IMPP" if version > 21 and is_uri(value) else "X-MS-IMADDRESS", text, [])
    return Written(line.name, text, [])


_PHONES: Mapping[str, str] = {
    "mobile_phone_number": "cell",
    "home_phone_number": "home",
    "home2_phone_number": "home",
    "home_fax_number": "home,fax",
    "business_phone_number": "work",
    "business2_phone_number": "work",
    "business_fax_number": "work,fax",
    "car_phone_number": "car",
    "pager_number": "pager",
    "radio_phone_number": "x-radio",
    "assistant_phone_number": "x-assistant",
    "company_main_phone": "x-company",
}
_TELEPHONES = tuple(_PHONES)
_ANY_PHONE = (
    "mobile_phone_number",
    "home_phone_number",
    "business_phone_number",
    "home2_phone_number",
    "business2_phone_number",
)
_SPECIAL_PHONES: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset({"pager"}), "pager_number"),
    (frozenset({"car", "x-car"}), "car_phone_number"),
    (frozenset({"radio", "x-radio", "x-evolution-radio"}), "radio_phone_number"),
    (frozenset({"assistant", "x-assistant", "x-evolution-assistant"}), "assistant_phone_number"),
    (frozenset({"company", "x-company", "x-evolution-company", "main"}), "company_main_phone"),
    (frozenset({"homefax"}), "home_fax_number"),
    (frozenset({"workfax"}), "business_fax_number"),
    (frozenset({"cell", "mobile", "iphone", "x-mobil", "x-mobile"}), "mobile_phone_number"),
)
_HOME_PHONES = ("home_phone_number", "home2_phone_number")
_WORK_PHONES = ("business_phone_number", "business2_phone_number")
_FAXES = ("business_fax_number", "home_fax_number")
_NO_VOICE = frozenset({"modem", "isdn", "bbs", "pcs", "textphone", "x-evolution-ttytdd", "ttytdd"})


def _phone_choices(line: ContentLine) -> Choices:
    kinds = line.types()
    if "fax" in kinds:
        first = _FAXES[1:] if "home" in kinds else _FAXES[:1]
        return (first, () if kinds & {"home", "work"} else _FAXES)
    for names, slot in _SPECIAL_PHONES:
        if kinds & names:
            other = _WORK_PHONES if "work" in kinds else _HOME_PHONES if "home" in kinds else ()
            return ((slot,), other)
    if "home" in kinds or "home2" in kinds:
        return (_HOME_PHONES, ())
    if "work" in kinds or "work2" in kinds:
        return (_WORK_PHONES, ())
    return NO_CHOICE if kinds & _NO_VOICE else ((), _ANY_PHONE)


def _write_phone(value: str, line: ContentLine | None, version: int) -> Written | None:
    if not value:
        return None
    params = [("VALUE", "text")] if is_tel_uri(value) else []
    return Written(line.name if line else "TEL", escape(value, plain=version == 21), params)


_ADDRESSES = ("home_address", "business_address", "other_address")


def _address_choices(line: ContentLine) -> Choices:
    kinds = line.types()
    if "home" in kinds:
        return (_ADDRESSES[:1], _ADDRESSES[2:])
    if "work" in kinds:
        return (_ADDRESSES[1:2], _ADDRESSES[2:])
    return (_ADDRESSES[2:], _ADDRESSES[:2])


def _write_address(value: Address, line: ContentLine | None, version: int) -> Written | None:
    before = read_address(line) if line is not None else Address()
    text = write_address(value, line.text() if line is not None else "", before, version == 21)
    return Written("ADR", text, []) if text.strip("; ") else None


def _photo_choices(line: ContentLine) -> Choices:
    return NO_CHOICE if is_external(line) else (("picture",), ())


def _write_photo(value: bytes, _line: ContentLine | None, version: int) -> Written | None:
    if not value:
        return None
    text, params = write_picture(value, version)
    return Written("PHOTO", text, params)


def _typed(field_types: Mapping[str, str]) -> Mapping[str, Params]:
    return {slot: [("TYPE", kinds)] for slot, kinds in field_types.items()}


EMAIL = Family(
    slots=_EMAILS,
    choices=lambda _: (_EMAILS, ()),
    read=read_email,
    write=_write_email,
    new_params={},
    dropped=frozenset({NAME_PARAM}),
)
IM = Family(
    slots=_IMS, choices=lambda _: (_IMS, ()), read=read_text, write=_write_im, new_params={}
)
PHONE = Family(
    slots=_TELEPHONES,
    choices=_phone_choices,
    read=read_phone,
    write=_write_phone,
    new_params=_typed(_PHONES),
)
ADDRESS = Family(
    slots=_ADDRESSES,
    choices=_address_choices,
    read=read_address,
    write=_write_address,
    new_params=_typed({"home_address": "home", "business_address": "work"}),
    dropped=frozenset({"LABEL", "GEO", "TZ"}),
)
PHOTO = Family(
    slots=("picture",),
    choices=_photo_choices,
    read=read_picture,
    write=_write_photo,
    new_params={},
    dropped=frozenset({"TYPE", "", "MEDIATYPE"}),
)
