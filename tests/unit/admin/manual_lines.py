"""Every command line that stands in the manual, and what its output looks like.

Where the manual prints no output, the shape is that of the program's own documents. Words in
capitals are put in by the test: ACCOUNT, DEVICE, FILE …

Spec: ../shared/carbonio/cli.md (the samples of sections 1 to 5).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """One line as typed, and a pattern found in its output; ``fails`` says that it is refused.

    ``source`` is the section of cli.md that has it.
    """

    typed: str
    output: str
    source: str
    fails: bool = False


LINES: tuple[Line, ...] = (
    Line("carbonio help", r"\S", "1.2"),
    Line("carbonio help mobile", r"^ +getServices +\S", "1.2"),
    Line("carbonio help mobile getServices", r"\S", "1.2"),
    Line("carbonio mobile getServices",
         r"\Aservices\n\n    module\n\n {8}could_start {49}(true|false)\n", "1.2, 2.9"),
    # 2.1 ABQ
    Line("carbonio mobile ABQ set androidc133785981 Allowed", r"\A[^\n]+\n\Z", "2.1"),
    Line("carbonio mobile ABQ set newdevice Quarantined", r"\A[^\n]+\n\Z", "2.1"),
    Line("carbonio mobile ABQ allow newdevice", r"\A[^\n]+\n\Z", "2.1"),
    Line("carbonio mobile ABQ block newdevice", "", "2.1", fails=True),
    Line("carbonio mobile ABQ set newdevice Quarantined account john@example.com",
         r"\A[^\n]+\n\Z", "2.1"),
    Line("carbonio mobile ABQ block newdevice account john@example.com", r"\A[^\n]+\n\Z", "2.1"),
    Line("carbonio mobile ABQ delete newdevice account john@example.com", r"\A[^\n]+\n\Z", "2.1"),
    Line("carbonio mobile ABQ delete newdevice", r"\A[^\n]+\n\Z", "2.1"),
    Line('carbonio mobile ABQ setRule "android.*" Blocked 10 domain example.com',
         r"\A[^\n]+\n\Z", "2.1"),
    Line("carbonio mobile ABQ listRules", r"\Arules\n", "2.1"),
    Line("carbonio mobile ABQ listRules domain example.com", r"\Arules\n", "2.1"),
    Line('carbonio mobile ABQ deleteRule "android.*" domain example.com', r"\A[^\n]+\n\Z", "2.1"),
    Line("carbonio mobile abq import IMPORT Allowed", r"\S", "2.1"),
    Line("carbonio mobile ABQ list",
         r"\Adevices\n\n    device_id   \S+\n    status      Allowed\n", "2.1"),
    Line("carbonio mobile ABQ list status Allowed", r"\Adevices\n", "2.1"),
    Line("carbonio mobile ABQ setNotificationInterval 45m", r"\A[^\n]+\n\Z", "2.1"),
    Line("carbonio mobile ABQ setNotificationInterval setNotificationInterval 6h",
         r"\A[^\n]+\n\Z", "6, row 12"),
    Line("carbonio mobile ABQ setNotificationInterval 0", r"\A[^\n]+\n\Z", "2.1"),
    # 2.2 messages
    Line("carbonio mobile initABQMessage all", r"\S", "2.2"),
    Line("carbonio mobile setABQMessage global blocked default subject Stop body_plain Blocked.",
         r"\A[^\n]+\n\Z", "2.2"),
    Line("carbonio mobile setABQMessage domain example.com quarantined it subject Ferma",
         "", "2.2", fails=True),
    Line("carbonio mobile setABQMessage domain example.com quarantined default subject Wait",
         r"\A[^\n]+\n\Z", "2.2"),
    Line("carbonio mobile duplicateABQMessage domain example.com quarantined default it",
         r"\A[^\n]+\n\Z", "2.2"),
    Line("carbonio mobile getABQMessage domain example.com quarantined it", r"\S", "2.2"),
    Line("carbonio mobile getABQMessage global blocked all", r"\S", "2.2"),
    Line("carbonio mobile deleteABQMessage domain example.com quarantined it",
         r"\A[^\n]+\n\Z", "2.2"),
    Line("carbonio mobile deleteABQMessage global blocked default", r"\A[^\n]+\n\Z", "2.2"),
    # 2.3 address books
    Line("carbonio mobile addressBook add domain example.com john@example.com 7",
         r"\A[^\n]+\n\Z", "2.3"),
    Line("carbonio mobile addressBook add domain example.com john@example.com 2",
         "", "2.3", fails=True),
    Line("carbonio mobile addressBook list domain example.com", r"^ +path +/Contacts$", "2.3"),
    Line("carbonio mobile addressBook remove domain example.com john@example.com 7",
         r"\A[^\n]+\n\Z", "2.3"),
    Line("carbonio mobile addressBook add global john@example.com all", r"\A[^\n]+\n\Z", "2.3"),
    Line("carbonio mobile addressBook list global", r"^ +account +john@example\.com$", "2.3"),
    Line("carbonio mobile addressBook remove global john@example.com all",
         r"\A[^\n]+\n\Z", "2.3"),
    Line("carbonio mobile addressBook remove global john@example.com", "", "2.3", fails=True),
    # 2.4 filters
    Line("carbonio mobile doAddEASFilter contains android fixed 2.5,12.0,14.1",
         r"\S", "2.4"),
    Line("carbonio mobile doAddEASFilter and account=user@example.com,contains=android fixed 14.1 "
         "blocking true", r"\S", "2.4"),
    Line("carbonio mobile getAllEASFilters",
         r"\Afilters\n\n    ID {58}0\n    mode {56}fixed\n", "2.4"),
    Line("carbonio mobile doMoveEASFilter 0 5", r"\S", "2.4"),
    Line("carbonio mobile doDeleteEASFilter 0", r"\S", "2.4"),
    Line("carbonio mobile doDeleteEASFilter 0", r"\S", "2.4"),
    # 2.5 loggers
    Line("carbonio mobile doAddAccountLogger john@example.com debug LOGFILE", r"\S", "2.5"),
    Line("carbonio mobile doaddaccountlogger john@example.com info LOGFILE2 window_size 1",
         r"\S", "2.5, 1.1"),
    Line("carbonio mobile getAccountLoggers",
         r"^    remove command {46}carbonio mobile doRemoveLogger \d+$",
         "2.5"),
    Line('carbonio mobile doRemoveLogger "all_loggers"', r"\S", "2.5"),
    # 2.6 devices
    Line("carbonio mobile getAllDevices", r"\S", "2.6"),
    Line("carbonio mobile getAllDevices verbose true domains example.com", r"\S", "2.6"),
    Line("carbonio mobile getDeviceList john@example.com", r"\S", "2.6"),
    Line("carbonio mobile getDeviceInfo john@example.com DEVICE verbose true", r"\S", "2.6"),
    Line("carbonio mobile doSuspendDeviceSync john@example.com DEVICE", r"\S", "2.6"),
    Line("carbonio mobile doResumeDeviceSync john@example.com device_id DEVICE", r"\S", "2.6"),
    Line("carbonio mobile doResumeDeviceSync john@example.com", r"\S", "2.6"),
    Line("carbonio mobile doSimulateSync john@example.com DEVICE", r"\S", "2.6"),
    Line("carbonio mobile doSimulateSync john@example.com new days 2 initial false",
         r"\S", "2.6"),
    Line("carbonio mobile doResetDevice john@example.com DEVICE", r"\S", "6, row 3"),
    Line("carbonio mobile doResetAccount john@example.com", r"\S", "2.6"),
    Line("carbonio mobile doWipeDevice john@example.com DEVICE", r"\S", "2.6"),
    Line("carbonio mobile doRemoveDevice john@example.com DEVICE", r"\S", "2.6"),
    Line("carbonio mobile doPurgeMobileState", r"\S", "2.6"),
    Line("carbonio mobile doPurgeMobileState retention-period 30", r"\S", "2.6"),
    Line("carbonio mobile createStateIndex", r"\S", "2.6"),
    # 2.8 provisioning
    Line("carbonio mobile getProvisioning account john@example.com key "
         "zimbraMobilePolicyAllowDesktopSync", r"\S", "2.8"),
    Line("carbonio mobile setProvisioning account john@example.com AllowDesktopSync true",
         r"\S", "2.8"),
    Line("carbonio mobile getProvisioning cos default", r"\S", "2.8"),
    # 2.9 services
    Line("carbonio mobile doStopService abq", r"\Aservice stopped\n\Z", "2.9"),
    Line("carbonio mobile doStartService abq", r"\Aservice started\n\Z", "2.9"),
    Line("carbonio mobile doRestartService anti-dos", "", "2.9", fails=True),
    # 3 config
    Line("carbonio config set global mobileAntiDosServiceEnabled TRUE", r"\S", "3"),
    Line("carbonio mobile doRestartService anti-dos", r"\Aservice restarted\n\Z", "2.9"),
    Line("carbonio config global set attribute mobileAntiDosServiceJailDuration value 600000",
         r"\S", "3.1"),
    Line("carbonio config global get attribute mobileAntiDosServiceJailDuration", r"\S", "3.1"),
    Line("carbonio config global empty attribute mobileAntiDosServiceJailDuration",
         r"\S", "3.1"),
    Line("carbonio config get global abqMode", r"\S", "3.1"),
    Line("carbonio config set global abqMode Permissive", r"\S", "3.2"),
    Line("carbonio config unset global abqMode", r"\S", "3.1"),
    Line("carbonio config info attribute abqMode", r"\S", "3.1"),
    Line("carbonio config info abqMode", r"\S", "3.1"),
    Line("carbonio config clean", r"\A\d+ attributes removed\n", "3.1"),
    Line("carbonio config dump global", r"\S", "3.1"),
    Line("carbonio config dump domain example.com show-inherited false", r"\S", "3.1"),
    # 4 auth
    Line("carbonio auth credential add john@example.com label phone service EAS",
         r"\ACredential correctly added\n(.|\n)*^ +text_data\n", "4.1"),
    Line("carbonio auth credential add john@example.com password easpass-1 label tablet",
         r"\ACredential correctly added\n", "4.1"),
    Line("carbonio auth credential list john@example.com", r"\S", "4.1"),
    Line("carbonio auth policy set EAS domain example.com ip_can_change true",
         r"\Apolicy of EAS for domain example\.com set\n", "4.2"),
    Line("carbonio auth policy list global", r"\S", "4.2"),
    Line("carbonio auth policy set EAS domain example.com 2fa_policy 1 trusted_ip_range "
         "192.168.0.1/16,192.168.100.14/24", r"\S", "4.2"),
    # 5 prov
    Line("carbonio prov mc default zimbraFeatureMobileSyncEnabled TRUE", r"\S", "5"),
    Line("carbonio prov ma john@example.com zimbraFeatureMobileSyncEnabled TRUE", r"\S", "5"),
    Line("carbonio prov gc default", r"\A# name default\n", "5"),
    Line("carbonio prov ga john@example.com",
         r"\A# name john@example\.com\n(.|\n)*^zimbraId: ", "5"),
    Line("carbonio prov gaa", r"\S", "5"),
    Line("carbonio prov ca new@example.com a-pass-word-1", r"\S", "5"),
    Line("carbonio prov aaa new@example.com alias@example.com", r"\S", "5"),
    Line("carbonio prov raa new@example.com alias@example.com", r"\S", "5"),
    Line("carbonio prov sp new@example.com another-word-2", r"\S", "5"),
    Line("carbonio prov sac new@example.com default", r"\S", "5"),
    Line("carbonio prov ra new@example.com newer@example.com", r"\S", "5"),
    Line("carbonio prov da newer@example.com", r"\S", "5"),
    Line("carbonio prov cd example.net", r"\S", "5"),
    Line("carbonio prov gd example.net", r"\A# name example\.net\n", "5"),
    Line("carbonio prov md example.net description Branch", r"\S", "5"),
    Line("carbonio prov dd example.net", r"\S", "5"),
    Line("carbonio prov gcf abqMode", r"\S", "5"),
    Line("carbonio prov cdl list@example.com", r"\S", "5"),
    Line("carbonio prov adlm list@example.com john@example.com mary@example.com", r"\S", "5"),
    Line("carbonio prov sg example.com john", r"\S", "5"),
    Line("carbonio prov acg example.com joh", r"\S", "5"),
    Line("carbonio prov fc account", r"\S", "5"),
)  # fmt: skip
