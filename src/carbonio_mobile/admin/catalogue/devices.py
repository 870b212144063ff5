"""The commands on devices and the states of their synchronisation.

Spec: ../shared/carbonio/cli.md 2.6; admin-panel.md 1 and 2; mdm.md 3.
"""

from carbonio_mobile.admin.declaring import Command, Parameter
from carbonio_mobile.admin.kinds import ACCOUNT, BOOLEAN, DEVICE, DOMAINS, choice, whole

DAYS_MAX = 36_500

_ACCOUNT = Parameter(name="account", kind=ACCOUNT, help="whose device it is", required=True)
_DEVICE = Parameter(name="device_id", kind=DEVICE, help="the id of the device", required=True)
_ONE_OR_ALL = Parameter(
    name="device_id",
    kind=DEVICE,
    help="the id of one device, or all",
    default="all",
    by_position=True,
)
_VERBOSE = Parameter(
    name="verbose", kind=BOOLEAN, help="tell all that is known", default="false", by_position=True
)

COMMANDS: tuple[Command, ...] = (
    Command(
        module="mobile",
        words=("getAllDevices",),
        summary="List the devices of all accounts",
        parameters=(
            Parameter(
                name="verbose", kind=BOOLEAN, help="tell more of each device", default="false"
            ),
            Parameter(name="domains", kind=DOMAINS, help="only those of accounts of these domains"),
        ),
        examples=("mobile getAllDevices", "mobile getAllDevices domains example.com"),
    ),
    Command(
        module="mobile",
        words=("getDeviceList",),
        summary="List the devices of an account",
        parameters=(_ACCOUNT,),
        examples=("mobile getDeviceList john@example.com",),
    ),
    Command(
        module="mobile",
        words=("getDeviceInfo",),
        summary="Tell what is known of a device",
        parameters=(_ACCOUNT, _DEVICE, _VERBOSE),
        examples=("mobile getDeviceInfo john@example.com android1365173312 verbose true",),
        note=(
            "With verbose it also tells what the device is doing now, its last commands, what it "
            "holds of each folder, why it is refused or diverted, and which items it got only a "
            "stand-in for."
        ),
    ),
    Command(
        module="mobile",
        words=("getDeviceStatistics",),
        summary="Tell what is known of a device, and count what it holds",
        parameters=(_ACCOUNT, _DEVICE),
        examples=("mobile getDeviceStatistics john@example.com android1365173312",),
    ),
    Command(
        module="mobile",
        words=("doRemoveDevice",),
        summary="Forget a device with its state; it may come back as a new one",
        parameters=(_ACCOUNT, _DEVICE),
        examples=("mobile doRemoveDevice john@example.com android1365173312",),
        changes=True,
    ),
    Command(
        module="mobile",
        words=("doResetDevice",),
        summary="Drop the state of one device or of all; the next contact is a full sync",
        parameters=(_ACCOUNT, _ONE_OR_ALL),
        examples=(
            "mobile doResetDevice john@example.com",
            "mobile doResetDevice john@example.com device_id android1365173312",
        ),
        changes=True,
    ),
    Command(
        module="mobile",
        words=("doResetAccount",),
        summary="Drop the states of all devices of an account",
        parameters=(_ACCOUNT,),
        examples=("mobile doResetAccount john@example.com",),
        changes=True,
    ),
    Command(
        module="mobile",
        words=("doSuspendDeviceSync",),
        summary="Keep a device from syncing; its state is kept",
        parameters=(_ACCOUNT, _DEVICE),
        examples=("mobile doSuspendDeviceSync john@example.com android1365173312",),
        changes=True,
    ),
    Command(
        module="mobile",
        words=("doResumeDeviceSync",),
        summary="Let a suspended device sync again, or all of an account",
        parameters=(_ACCOUNT, _ONE_OR_ALL),
        examples=(
            "mobile doResumeDeviceSync john@example.com",
            "mobile doResumeDeviceSync john@example.com device_id android1365173312",
        ),
        changes=True,
    ),
    Command(
        module="mobile",
        words=("doWipeDevice",),
        summary="Have a device forget everything, or the account only",
        parameters=(
            _ACCOUNT,
            _DEVICE,
            Parameter(
                name="confirm",
                kind=BOOLEAN,
                help="do it; without, only what would be done is told",
                default="false",
            ),
            Parameter(
                name="account_only",
                kind=BOOLEAN,
                help="remove the account and leave the rest of the device (16.1 only)",
                default="false",
            ),
        ),
        examples=("mobile doWipeDevice john@example.com android1365173312 confirm true",),
        changes=True,
        note=(
            "A full wipe sets a device back to factory settings. It is done when the device "
            "contacts the server next; until then mobile doCancelWipe withdraws it."
        ),
    ),
    Command(
        module="mobile",
        words=("doCancelWipe",),
        summary="Withdraw the order to wipe a device, or let a wiped one come back",
        parameters=(_ACCOUNT, _DEVICE),
        examples=("mobile doCancelWipe john@example.com android1365173312",),
        changes=True,
    ),
    Command(
        module="mobile",
        words=("doPurgeMobileState",),
        summary="Forget devices that were not seen for long, and compact the database",
        parameters=(
            Parameter(
                name="retention-period",
                kind=whole(1, DAYS_MAX),
                help="so many days a device is kept that is not seen",
                default="90",
            ),
        ),
        examples=("mobile doPurgeMobileState", "mobile doPurgeMobileState retention-period 30"),
        changes=True,
        note="Devices that are suspended, to be wiped or wiped are kept, or the order were lost.",
    ),
    Command(
        module="mobile",
        words=("createStateIndex",),
        summary="Make the index by which old states are found",
        examples=("mobile createStateIndex",),
        note="The index is part of the database of this server; nothing is left to be done.",
    ),
    Command(
        module="mobile",
        words=("dbMigrate",),
        summary="Bring the states over from an older database",
        examples=("mobile dbMigrate",),
        note="This server brings its database up to date by itself, whenever it starts.",
    ),
    Command(
        module="mobile",
        words=("doSimulateSync",),
        summary="Run a sync in the server as a device would, and tell each step",
        parameters=(
            _ACCOUNT,
            Parameter(
                name="device_id",
                kind=DEVICE,
                help="the id of a device, or new",
                required=True,
            ),
            Parameter(
                name="days",
                kind=whole(0, DAYS_MAX),
                help="only mail of so many days, rounded up to what devices can ask for; 0 all",
            ),
            Parameter(
                name="initial",
                kind=BOOLEAN,
                help="from the start, as if the device had been reset",
                default="false",
            ),
            Parameter(
                name="device_type",
                kind=choice("iphone", "android"),
                help="which device to be, where it is a new one",
            ),
        ),
        examples=(
            "mobile doSimulateSync john@example.com android1365173312",
            "mobile doSimulateSync john@example.com new days 2 initial false",
        ),
        note="Neither the mailbox nor the state of the device changes.",
    ),
)
