"""``Contact``: a person or an organisation, in the terms of ActiveSync.

It is what a vCard says, read once when it is stored. Every text is empty where nothing is said.

Spec: MS-ASCNTC 2.2.2.
"""

from dataclasses import dataclass, field
from datetime import date

from carbonio_mobile.pim.text import NO_TEXT, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A postal address; ``street`` may have several lines, parted by LF."""

    street: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""
    country: str = ""

    def __bool__(self) -> bool:
        return self != NO_ADDRESS


NO_ADDRESS = Address()


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A contact; fields bear the names of their elements (Contacts and Contacts2).

    E-mail addresses are bare or ``"Display" <local@domain>``, as they were written. ``picture`` is
    the image itself, in the format it came in. ``birthday`` and ``anniversary`` are dates without
    a time or a zone, None where no whole date is known. ``weighted_rank`` (None where not said)
    and ``alias`` are shown in the recipient information cache alone (MS-ASCNTC R105, R415).
    ``faults`` says in words what could not be read as written; it is never written.
    """

    uid: str = ""
    file_as: str = ""
    title: str = ""
    first_name: str = ""
    middle_name: str = ""
    last_name: str = ""
    suffix: str = ""
    nick_name: str = ""
    yomi_first_name: str = ""
    yomi_last_name: str = ""
    yomi_company_name: str = ""
    company_name: str = ""
    department: str = ""
    job_title: str = ""
    office_location: str = ""
    assistant_name: str = ""
    manager_name: str = ""
    customer_id: str = ""
    government_id: str = ""
    account_name: str = ""
    email1_address: str = ""
    email2_address: str = ""
    email3_address: str = ""
    im_address: str = ""
    im_address2: str = ""
    im_address3: str = ""
    mms: str = ""
    mobile_phone_number: str = ""
    home_phone_number: str = ""
    home2_phone_number: str = ""
    home_fax_number: str = ""
    business_phone_number: str = ""
    business2_phone_number: str = ""
    business_fax_number: str = ""
    car_phone_number: str = ""
    pager_number: str = ""
    radio_phone_number: str = ""
    assistant_phone_number: str = ""
    company_main_phone: str = ""
    home_address: Address = NO_ADDRESS
    business_address: Address = NO_ADDRESS
    other_address: Address = NO_ADDRESS
    birthday: date | None = None
    anniversary: date | None = None
    web_page: str = ""
    spouse: str = ""
    children: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    picture: bytes = field(default=b"", repr=False)
    body: Text = NO_TEXT
    alias: str = ""
    weighted_rank: int | None = None
    faults: tuple[str, ...] = ()
