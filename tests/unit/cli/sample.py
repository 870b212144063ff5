"""Invented commands, to try the command line on."""

from carbonio_mobile.admin.declaring import Command, Parameter
from carbonio_mobile.admin.kinds import ACCOUNT, BOOLEAN, PATH, SWITCH, TEXT, choice, whole
from carbonio_mobile.cli.grammar import Grammar

STATUS = choice("Allowed", "Blocked", "Quarantined")

COMMANDS = (
    Command(
        module="mobile",
        words=("ABQ", "allow"),
        summary="allow a quarantined device",
        parameters=(
            Parameter(name="device_id", kind=TEXT, help="the device", required=True),
            Parameter(name="account", kind=ACCOUNT, help="only for this account"),
        ),
        examples=("carbonio mobile ABQ allow androidc133785981",),
        changes=True,
    ),
    Command(
        module="mobile",
        words=("ABQ", "list"),
        summary="list devices",
        parameters=(Parameter(name="status", kind=STATUS, help="of this status only"),),
    ),
    Command(
        module="mobile",
        words=("ABQ", "import"),
        summary="import a list of devices",
        parameters=(
            Parameter(name="input_file", kind=PATH, help="the list", required=True, file=True),
            Parameter(name="status", kind=STATUS, help="what they become", required=True),
        ),
        changes=True,
    ),
    Command(
        module="mobile",
        words=("getServices",),
        summary="list the services",
    ),
    Command(
        module="mobile",
        words=("getDevices",),
        summary="list many devices",
        parameters=(
            Parameter(name="count", kind=whole(0), help="so many", default="3"),
            Parameter(name="verbose", kind=BOOLEAN, help="say more", default="false"),
        ),
    ),
    Command(module="mobile", words=("doWait",), summary="wait for ever, and tell so"),
    Command(module="mobile", words=("doWork",), summary="work for ever", changes=True),
    Command(module="mobile", words=("doBreak",), summary="fail in the middle of the answer"),
    Command(module="mobile", words=("doVanish",), summary="end the connection"),
    Command(module="mobile", words=("doRefuse",), summary="refuse, naming a device"),
    Command(
        module="config",
        words=("get", "global"),
        summary="print an attribute",
        parameters=(Parameter(name="attribute", kind=TEXT, help="its name", required=True),),
    ),
    Command(
        module="prov",
        words=("modifyCos",),
        short="mc",
        summary="change a class of service",
        parameters=(
            Parameter(name="cos", kind=TEXT, help="its name or id", required=True),
            Parameter(name="attributes", kind=TEXT, help="and values", required=True, rest=True),
        ),
        changes=True,
    ),
    Command(
        module="prov",
        words=("setPassword",),
        short="sp",
        summary="set a password",
        parameters=(
            Parameter(name="account", kind=ACCOUNT, help="whose", required=True),
            Parameter(name="password", kind=TEXT, help="the new one", required=True, secret=True),
        ),
        changes=True,
    ),
    Command(
        module="prov",
        words=("getAllCos",),
        short="gac",
        summary="list the classes of service",
        parameters=(Parameter(name="-v", kind=SWITCH, help="all attributes", switch=True),),
    ),
)

GRAMMAR = Grammar(COMMANDS)
MOBILE = Grammar(COMMANDS, "mobile")
