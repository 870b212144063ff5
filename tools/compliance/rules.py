"""The rules by which a row that no test cites is told of, each with what guards its mechanism.

The first rule that fits a row speaks. A rule claims no more than its guard checks; what none fits
is not done.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from carbonio_mobile.commands.table import COMMANDS
from carbonio_mobile.eas.version import Version
from carbonio_mobile.wbxml.codepages import PAGES, VERSIONS
from carbonio_mobile.wbxml.tokens import Tag
from tools.compliance.known import KNOWN, Gap
from tools.compliance.requirements import Row

CONSTRUCTION: Final = "by construction"
NOT_APPLICABLE: Final = "not applicable"
NOT_DONE: Final = "not done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What is told of the rows that fit; ``guards`` are tests by name."""

    name: str
    word: str
    why: str
    fits: Callable[[Row], bool]
    guards: tuple[str, ...] = ()


def of(
    specification: str = "", *, section: str = "", place: str = "", text: str = ""
) -> Callable[[Row], bool]:
    """Fit rows by specification, by patterns of section and place (whole), of text (anywhere)."""
    in_section, in_place = re.compile(section or ".*"), re.compile(place or ".*")
    in_text = re.compile(text)

    def fits(row: Row) -> bool:
        return (
            specification in {"", row.specification}
            and in_section.fullmatch(row.section) is not None
            and in_place.fullmatch(row.place) is not None
            and in_text.search(row.text) is not None
        )

    return fits


VERSIONS_BY_TEXT: Final = {version.text: version for version in Version}
_VERSION_ROW = re.compile(
    r"Protocol version (?P<version>[\d.]+) (?P<how>supports|does not supports?) this "
    r"\[(?:the )?(?P<name>\w+)[^\]]*\] element",
)
_NAMESPACES: Final[dict[str, tuple[str, ...]]] = {
    "MS-ASAIRS": ("AirSyncBase",),
    "MS-ASCAL": ("Calendar",),
    "MS-ASCNTC": ("Contacts", "Contacts2"),
    "MS-ASDOC": ("DocumentLibrary",),
    "MS-ASEMAIL": ("Email", "Email2"),
    "MS-ASNOTE": ("Notes",),
    "MS-ASPROV": ("Provision",),
    "MS-ASRM": ("RightsManagement",),
    "MS-ASTASK": ("Tasks",),
}


def version_claim(row: Row) -> tuple[str, str, bool] | None:
    """Read a row of a support table: (element, version, supported); None for any other row."""
    found = _VERSION_ROW.search(row.text)
    if found is None:
        return None
    return found["name"], found["version"], found["how"] == "supports"


_COMMAND_PAGES: Final[dict[str, str]] = {
    "FolderSync": "FolderHierarchy",
    "FolderCreate": "FolderHierarchy",
    "FolderDelete": "FolderHierarchy",
    "FolderUpdate": "FolderHierarchy",
    "GetHierarchy": "FolderHierarchy",
    "MoveItems": "Move",
    "Sync": "AirSync",
}
"""The page of a command's own elements, where it is not called like the command."""


def command_named(row: Row) -> str | None:
    """Give the command that a row is about by its place: ``Type(FolderSync)``."""
    found = re.search(r"\((\w+)\)", row.place)
    return found[1] if found is not None and found[1] in COMMANDS else None


def tags_named(row: Row, name: str) -> list[Tag]:
    """Give the tags that a row can mean by a name: of its specification, or of its command."""
    command = command_named(row)
    pages = _NAMESPACES.get(row.specification)
    if pages is None and command is not None:
        pages = (_COMMAND_PAGES.get(command, command),)
    found = [
        tag
        for page in PAGES
        for tag in vars(page).values()
        if isinstance(tag, Tag) and tag.name == name
    ]
    own = [tag for tag in found if pages is not None and tag.namespace in pages]
    return own or found


def version_agrees(row: Row) -> bool:
    """Tell whether the tables of tags and commands say of an element what the row says.

    An element is in a version if its tag is, and the command that the row is about. Where a name
    is that of several tags, all must agree.
    """
    claim = version_claim(row)
    if claim is None:
        return False
    name, version, supported = claim
    command = COMMANDS.get(command_named(row) or "")
    served = command is None or command.first <= VERSIONS_BY_TEXT[version] <= command.last
    tags = tags_named(row, name)
    return bool(tags) and all((served and version in VERSIONS[tag]) is supported for tag in tags)


def _known(name: str, gap: Gap) -> Rule:
    """Make the rule of rows that are named one by one."""
    listed = frozenset(gap.ids())
    return Rule(name=name, word=NOT_DONE, why=gap.why, fits=lambda row: row.id in listed)


RULES: Final[tuple[Rule, ...]] = (
    Rule(
        name="rights",
        word=NOT_APPLICABLE,
        why="rights management needs a rights management server, which no back end here has: the "
        "list of templates is empty, what names a template is refused with status 168, no licence "
        "is ever sent",
        fits=lambda row: (
            row.specification == "MS-ASRM"
            or row.place == "RightsManagementInformation"
            or "RightsManagement" in row.text
            or "Information Rights Management" in row.text
            or "status value 171 is" in row.text
        ),
        guards=(
            "tests/unit/commands/test_settings_command.py::SettingsTests::test_rights_management",
            (
                "tests/unit/commands/test_itemoperations_command.py::"
                "ItemOperationsTests::test_rights_management_is_off"
            ),
        ),
    ),
    Rule(
        name="voice",
        word=NOT_APPLICABLE,
        why="there is no unified messaging here: the elements of voice mail are never sent",
        fits=of("MS-ASEMAIL", text=r"Um(?:AttDuration|AttOrder|CallerID|UserNotes)|voice"),
    ),
    Rule(
        name="version",
        word=CONSTRUCTION,
        why="the element's tag, and the row's command, exist in that version of the tables that "
        "every answer in the tests is checked against (`check_versions`); compared row by row",
        fits=version_agrees,
        guards=(
            (
                "tests/unit/requirements/test_element_versions.py::"
                "test_the_tables_say_what_the_rows_say"
            ),
            "tests/unit/wbxml/test_schemas.py::test_versions_of_tags_are_checked",
        ),
    ),
    Rule(
        name="find-14",
        word=NOT_DONE,
        why="Find is answered from 14.0 on, as iOS asks for it there; the specification has it "
        "from 16.1 on",
        fits=lambda row: version_claim(row) is not None and "(Find)" in row.place,
    ),
    Rule(
        name="markup",
        word=CONSTRUCTION,
        why="documents are trees of tags that nothing but the WBXML codec writes and reads; what "
        "it writes is read back by it and by the schemas",
        fits=of(
            section=r"2\.[12]",
            text=r"XML markup|encoded as WBXML|in WBXML|transmitted by using WBXML|well-formed XML",
        ),
        guards=(
            "tests/unit/requirements/test_tokens.py::test_what_wbxml_has_and_is_used",
            "tests/unit/wbxml/test_schemas.py::test_samples_validate",
        ),
    ),
    Rule(
        name="exchange",
        word=NOT_APPLICABLE,
        why="a note on what editions of Exchange do, in the appendix of product behaviour; where "
        "this server does the same, a test says so",
        fits=of(place=r"Appendix .*"),
    ),
    Rule(
        name="declared",
        word=CONSTRUCTION,
        why="the published schemas declare it, and every answer in the tests is validated with "
        "them",
        fits=of(
            "MS-ASDTYPE",
            text=r"type attribute|complex type with complex content|primitive data type|"
            r"as string types in XML schemas|fixed set of values",
        ),
        guards=("tests/unit/wbxml/test_schemas.py::test_samples_validate",),
    ),
    Rule(
        name="display",
        word=NOT_APPLICABLE,
        why="how a device or a calendar program works out the local time that it shows",
        fits=of("MS-ASDTYPE", section=r"2\.3\.[12]"),
    ),
    Rule(
        name="numbers",
        word=CONSTRUCTION,
        why="the enumerations of status codes hold the numbers of the tables and no others, and "
        "every status is sent by its name",
        fits=of(
            "MS-ASCMD",
            section=r"2\.2\.3\.177.*",
            place=r"Status ?\((?!Find|Autodiscover).*\)",
            text=r"following table (?:lists|specifies|shows).{0,30}(?:status codes|values)",
        ),
        guards=("tests/unit/eas/test_status_tables.py::test_enum_has_the_numbers_of_its_table",),
    ),
    Rule(
        name="accounts",
        word=NOT_APPLICABLE,
        why="an account has no connected accounts of other services: none is told of, and an "
        "AccountId is refused",
        fits=of(
            "MS-ASCMD",
            place=r"AccountId\(.*\)|AccountName|SendDisabled",
            text=r"^(?!.*(is not present in the request|MUST validate))",
        ),
        guards=(
            (
                "tests/unit/commands/test_sending.py::"
                "SendMailTests::test_accounts_and_templates_are_not_ours"
            ),
        ),
    ),
    Rule(
        name="enrolment",
        word=NOT_APPLICABLE,
        why="certificates are not enrolled by Autodiscover: a server of type CertEnroll is never "
        "told of",
        fits=of("MS-ASCMD", place="ServerData|Name.Autodiscover.", text="CertEnroll|ServerData"),
    ),
    Rule(
        name="one-server",
        word=NOT_APPLICABLE,
        why="there is one server, that has every mailbox: nobody is sent elsewhere, nothing is "
        "proxied",
        fits=of(
            text=r"451|X-MS-Location|502 Proxy|legacy servers|Redirect in Autodiscover|"
            r"more efficient server"
        ),
    ),
    Rule(
        name="portal",
        word=NOT_APPLICABLE,
        why="passwords are not changed at a portal of this server and do not run out: 456, 457 "
        "and their headers are those of a hosted Exchange; no cookies are set",
        fits=of(
            "MS-ASHTTP",
            text=r"X-MS-Credential|456 Blocked|457 |Set-Cookie|cookie|Cookie",
        ),
    ),
    Rule(
        name="user-agent",
        word=NOT_DONE,
        why="changes of a device's User-Agent are neither counted nor limited",
        fits=of("MS-ASHTTP", text=r"User-Agent"),
    ),
    Rule(
        name="exchange-state",
        word=NOT_APPLICABLE,
        why="the file of a device's state in an Exchange mailbox; here a state that cannot be "
        "used sends the device to a new partnership or folder hierarchy",
        fits=of("MS-ASCMD", text=r"server.s data file that contains the state"),
    ),
    Rule(
        name="substitute",
        word=NOT_DONE,
        why="no substitute mail is made of an invitation that is no meeting to an old device; "
        "the invitation itself is sent",
        fits=of("MS-ASCMD", place=r"Substitute Meeting Invitation Email"),
    ),
    Rule(
        name="misprint",
        word=NOT_DONE,
        why="the row leaves out 16.1, in which these policies are sent as well",
        fits=of("MS-ASWBXML", text=r"MaxDevicePasswordFailedAttempts|MaxCalendarAgeFilter"),
    ),
    *(_known(name, gap) for name, gap in KNOWN.items()),
)
