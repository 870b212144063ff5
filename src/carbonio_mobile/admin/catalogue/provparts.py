"""What the declarations of the commands of ``carbonio prov`` share.

Spec: ../shared/carbonio/cli.md 5.
"""

from carbonio_mobile.admin.declaring import Command, Kind, Parameter
from carbonio_mobile.admin.kinds import DOMAIN, FREE_TEXT, SWITCH, TEXT

LIST = Kind(
    name="List Name/ID", expected="a distribution list, by address or id (UUID)", read=TEXT.read
)
COS = Kind(name="COS Name/ID", expected="a class of service, by name or id", read=TEXT.read)
RESOURCE = Kind(
    name="Resource Name/ID", expected="a resource, by address or id (UUID)", read=TEXT.read
)
MAIL_ADDRESS = Kind(name="Address", expected="an e-mail address", read=TEXT.read)
SETTINGS_NOTE = (
    "An attribute that is named several times gets all these values; +attr adds a value, -attr "
    "takes one away, an empty value removes the attribute."
)


def target(name: str, kind: Kind) -> Parameter:
    """Declare the parameter that names the entry."""
    return Parameter(name=name, kind=kind, help="which one", required=True)


def settings(*, required: bool = False) -> Parameter:
    """Declare the attributes with their values."""
    return Parameter(
        name="attributes",
        kind=FREE_TEXT,
        help="names of attributes, each with its value after it",
        required=required,
        rest=True,
    )


SHOWN = Parameter(name="attributes", kind=TEXT, help="only these attributes", rest=True)
VERBOSE = Parameter(name="-v", kind=SWITCH, help="print the attributes as well", switch=True)
OWN = Parameter(
    name="-e", kind=SWITCH, help="leave out what is inherited from COS and domain", switch=True
)
SERVER = Parameter(
    name="-s", kind=TEXT, help="only those of a server; there is one, and all are its"
)
ONLY_DOMAIN = Parameter(
    name="domain", kind=DOMAIN, help="only those of this domain", by_position=True
)
NEW_NAME = Parameter(name="new_name", kind=TEXT, help="its name from now on", required=True)
ALIAS = Parameter(name="alias", kind=MAIL_ADDRESS, help="the additional address", required=True)
PASSWORD = Parameter(
    name="password", kind=FREE_TEXT, help="the password", required=True, secret=True
)


def command(
    word: str,
    short: str,
    summary: str,
    *parameters: Parameter,
    changes: bool = False,
    examples: tuple[str, ...] = (),
    note: str = "",
) -> Command:
    """Declare a command of one word."""
    if not note and changes and any(each.name == "attributes" for each in parameters):
        note = SETTINGS_NOTE
    return Command(
        module="prov",
        words=(word,),
        short=short,
        summary=summary,
        parameters=parameters,
        changes=changes,
        examples=tuple(f"carbonio prov {example}" for example in examples),
        note=note,
    )
