"""Contacts for the tests of their elements."""

from datetime import date

from carbonio_mobile.eas.bodyoptions import BodyOptions
from carbonio_mobile.eas.clients import PLAIN, Traits
from carbonio_mobile.eas.items.contact import application_data
from carbonio_mobile.eas.items.context import Author, Viewer
from carbonio_mobile.eas.version import Version
from carbonio_mobile.ids import FolderId, ItemId, ItemVersion
from carbonio_mobile.pim.contact import Address, Contact
from carbonio_mobile.pim.item import ObjectItem
from carbonio_mobile.pim.text import Text
from carbonio_mobile.wbxml.elements import Element

STRINGS = {
    "AccountName": "account_name",
    "AssistantName": "assistant_name",
    "AssistantPhoneNumber": "assistant_phone_number",
    "Business2PhoneNumber": "business2_phone_number",
    "BusinessFaxNumber": "business_fax_number",
    "BusinessPhoneNumber": "business_phone_number",
    "CarPhoneNumber": "car_phone_number",
    "CompanyMainPhone": "company_main_phone",
    "CompanyName": "company_name",
    "CustomerId": "customer_id",
    "Department": "department",
    "Email1Address": "email1_address",
    "Email2Address": "email2_address",
    "Email3Address": "email3_address",
    "FileAs": "file_as",
    "FirstName": "first_name",
    "GovernmentId": "government_id",
    "Home2PhoneNumber": "home2_phone_number",
    "HomeFaxNumber": "home_fax_number",
    "HomePhoneNumber": "home_phone_number",
    "IMAddress": "im_address",
    "IMAddress2": "im_address2",
    "IMAddress3": "im_address3",
    "JobTitle": "job_title",
    "LastName": "last_name",
    "MMS": "mms",
    "ManagerName": "manager_name",
    "MiddleName": "middle_name",
    "MobilePhoneNumber": "mobile_phone_number",
    "NickName": "nick_name",
    "OfficeLocation": "office_location",
    "PagerNumber": "pager_number",
    "RadioPhoneNumber": "radio_phone_number",
    "Spouse": "spouse",
    "Suffix": "suffix",
    "Title": "title",
    "WebPage": "web_page",
    "YomiCompanyName": "yomi_company_name",
    "YomiFirstName": "yomi_first_name",
    "YomiLastName": "yomi_last_name",
}
"""The elements of one string, as this test has them from MS-ASCNTC, and their fields."""

ADDRESS_PARTS = {
    f"{kind}Address{name}": (f"{kind.lower()}_address", part)
    for kind in ("Business", "Home", "Other")
    for name, part in (
        ("Street", "street"),
        ("City", "city"),
        ("State", "state"),
        ("PostalCode", "postal_code"),
        ("Country", "country"),
    )
}

FULL = Contact(
    uid="urn:uuid:1",
    **{field: f"a {name}" for name, field in STRINGS.items()},
    **{
        f"{kind}_address": Address(
            street=f"{kind} street\nyard", city="c", state="s", postal_code="p", country="u"
        )
        for kind in ("business", "home", "other")
    },
    birthday=date(1985, 4, 12),
    anniversary=date(2009, 8, 8),
    children=("Ann", "Bob"),
    categories=("Red", "Blue"),
    picture=b"GIF89a",
    body=Text(plain="Some notes\nof two lines"),
    alias="jd",
    weighted_rank=7,
)


def item(contact: Contact) -> ObjectItem:
    return ObjectItem(
        item=ItemId(7),
        folder=FolderId("9"),
        version=ItemVersion("1"),
        received=0.0,
        record=contact,
    )


def shown(
    contact: Contact,
    version: Version = Version.V16_1,
    options: BodyOptions | None = None,
    traits: Traits = PLAIN,
) -> list[Element]:
    return application_data(item(contact), options or BodyOptions(), version, Viewer(traits=traits))


def author(version: Version = Version.V16_1, traits: Traits = PLAIN) -> Author:
    return Author(
        version=version,
        now=1.4e9,
        address="me@example.com",
        display_name="Me",
        addresses=frozenset({"me@example.com"}),
        new_uid="new",
        traits=traits,
    )
