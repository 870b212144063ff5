"""The elements of a contact and the fields they say: the tables both directions follow.

Spec: MS-ASCNTC 2.2.2.
"""

from typing import Final

from carbonio_mobile.wbxml.codepages import Contacts, Contacts2
from carbonio_mobile.wbxml.tokens import Tag

TEXTS: Final[tuple[tuple[Tag, str], ...]] = (
    (Contacts.AssistantName, "assistant_name"),
    (Contacts.AssistantPhoneNumber, "assistant_phone_number"),
    (Contacts.Business2PhoneNumber, "business2_phone_number"),
    (Contacts.BusinessFaxNumber, "business_fax_number"),
    (Contacts.BusinessPhoneNumber, "business_phone_number"),
    (Contacts.CarPhoneNumber, "car_phone_number"),
    (Contacts.CompanyName, "company_name"),
    (Contacts.Department, "department"),
    (Contacts.Email1Address, "email1_address"),
    (Contacts.Email2Address, "email2_address"),
    (Contacts.Email3Address, "email3_address"),
    (Contacts.FileAs, "file_as"),
    (Contacts.FirstName, "first_name"),
    (Contacts.Home2PhoneNumber, "home2_phone_number"),
    (Contacts.HomeFaxNumber, "home_fax_number"),
    (Contacts.HomePhoneNumber, "home_phone_number"),
    (Contacts.JobTitle, "job_title"),
    (Contacts.LastName, "last_name"),
    (Contacts.MiddleName, "middle_name"),
    (Contacts.MobilePhoneNumber, "mobile_phone_number"),
    (Contacts.OfficeLocation, "office_location"),
    (Contacts.PagerNumber, "pager_number"),
    (Contacts.RadioPhoneNumber, "radio_phone_number"),
    (Contacts.Spouse, "spouse"),
    (Contacts.Suffix, "suffix"),
    (Contacts.Title, "title"),
    (Contacts.WebPage, "web_page"),
    (Contacts.YomiCompanyName, "yomi_company_name"),
    (Contacts.YomiFirstName, "yomi_first_name"),
    (Contacts.YomiLastName, "yomi_last_name"),
    (Contacts2.AccountName, "account_name"),
    (Contacts2.CompanyMainPhone, "company_main_phone"),
    (Contacts2.CustomerId, "customer_id"),
    (Contacts2.GovernmentId, "government_id"),
    (Contacts2.IMAddress, "im_address"),
    (Contacts2.IMAddress2, "im_address2"),
    (Contacts2.IMAddress3, "im_address3"),
    (Contacts2.MMS, "mms"),
    (Contacts2.ManagerName, "manager_name"),
    (Contacts2.NickName, "nick_name"),
)
"""Elements of one string each, with their fields."""

PARTS: Final[tuple[tuple[str, tuple[tuple[Tag, str], ...]], ...]] = (
    (
        "business_address",
        (
            (Contacts.BusinessAddressStreet, "street"),
            (Contacts.BusinessAddressCity, "city"),
            (Contacts.BusinessAddressState, "state"),
            (Contacts.BusinessAddressPostalCode, "postal_code"),
            (Contacts.BusinessAddressCountry, "country"),
        ),
    ),
    (
        "home_address",
        (
            (Contacts.HomeAddressStreet, "street"),
            (Contacts.HomeAddressCity, "city"),
            (Contacts.HomeAddressState, "state"),
            (Contacts.HomeAddressPostalCode, "postal_code"),
            (Contacts.HomeAddressCountry, "country"),
        ),
    ),
    (
        "other_address",
        (
            (Contacts.OtherAddressStreet, "street"),
            (Contacts.OtherAddressCity, "city"),
            (Contacts.OtherAddressState, "state"),
            (Contacts.OtherAddressPostalCode, "postal_code"),
            (Contacts.OtherAddressCountry, "country"),
        ),
    ),
)
"""The addresses, each with the elements of its parts."""

DATES: Final[tuple[tuple[Tag, str], ...]] = (
    (Contacts.Anniversary, "anniversary"),
    (Contacts.Birthday, "birthday"),
)

LISTS: Final[tuple[tuple[Tag, Tag, str], ...]] = (
    (Contacts.Categories, Contacts.Category, "categories"),
    (Contacts.Children, Contacts.Child, "children"),
)
"""Containers of strings, with the element of each string."""

GHOSTABLE: Final[frozenset[Tag]] = frozenset(
    [tag for tag, _ in (*TEXTS, *DATES)]
    + [tag for tag, _, _ in LISTS]
    + [tag for _, parts in PARTS for tag, _ in parts]
)
"""Which elements can be ghosted: all but Body, Picture, Alias and WeightedRank."""
