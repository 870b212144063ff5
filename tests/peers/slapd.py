"""An OpenLDAP server of a test's own, on ports of the loopback, with TLS.

It is Debian's slapd as it is installed, with a configuration, certificates and entries in a
directory of its own; root or not does not matter. Packages: slapd ldap-utils.

Two trees: ``INETORGPERSON`` below dc=example with ``SITE`` attributes of a site's own, and
``CARBONIO`` with the names of ../shared/carbonio/attributes.md. Their schema is generated here.

    @requires_slapd
    class SomethingTests(TestCase):
        @classmethod
        def setUpClass(cls) -> None:
            cls.slapd = Slapd.started(CARBONIO)
        @classmethod
        def tearDownClass(cls) -> None:
            cls.slapd.remove()
"""

import base64
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self, TypeVar

from carbonio_mobile.accounts.ldapdirectory.presets import shared_names
from carbonio_mobile.addressbook.peoplecards import PEOPLE_ATTRIBUTES
from carbonio_mobile.service.tls import self_signed

T = TypeVar("T", bound=Callable[..., Any] | type)

_PATH = os.environ.get("PATH", "") + ":/usr/sbin"
PROGRAM = shutil.which("slapd", path=_PATH)
CLIENT = shutil.which("ldapmodify", path=_PATH)
SCHEMAS = Path("/etc/ldap/schema")
HOST = "localhost"
"""The name in the certificate."""
PASSWORD = "root-secret"
READER_PASSWORD = "reader-secret"
_STARTED_WITHIN_S = 20.0

_STANDARD = frozenset(
    (
        *("displayname", "cn", "givenname", "sn", "description", "telephonenumber", "homephone"),
        *("mobile", "title", "initials", "ou", "l", "st", "physicaldeliveryofficename", "co"),
        *("jpegphoto", "usercertificate", "usersmimecertificate", "userpassword", "street"),
        *("postalcode", "mail", "uid", "o", "objectclass"),
    )
)
"""What the schemas of the package have already."""
_ADDRESSES = ("zimbramaildeliveryaddress", "zimbramailalias", "zimbramailforwardingaddress")
_OIDS = "1.3.6.1.4.1.4203.666.777"
"""Below the arc that OpenLDAP leaves to experiments."""
_PART = 25


def missing() -> str:
    """Say what is not installed here; empty if all is."""
    if PROGRAM is None:
        return "slapd is not installed"
    return "" if CLIENT is not None else "ldap-utils is not installed"


def requires_slapd(test: T) -> T:
    """Skip a test or class of tests where slapd or its tools are not installed."""
    return unittest.skipIf(bool(missing()), missing())(test)  # type: ignore[return-value]  # as given


@dataclass(frozen=True, slots=True, kw_only=True)
class TreePlan:
    """A tree: its suffix, its root's and reader's name, the entries at first, further schema."""

    suffix: str
    root: str
    reader: str
    first: str
    schema: str


def _schema(names: Iterable[str], classes: Sequence[str]) -> str:
    """Write attribute types and the classes that may have all of them.

    A line of slapd.conf must not be long, so the classes are put together of parts.
    """
    kept = sorted({each.lower() for each in names} - _STANDARD)
    lines = [_attribute(number, name) for number, name in enumerate(kept, 1)]
    kept += [
        "displayName",
        "description",
        "mail",
        "uid",
        "cn",
        "sn",
        "givenName",
        "telephoneNumber",
    ]
    kept += ["homePhone", "mobile", "title", "physicalDeliveryOfficeName", "jpegPhoto"]
    kept += ["userCertificate", "userSMIMECertificate", "userPassword", "o", "co"]
    parts = []
    for at in range(0, len(kept), _PART):
        parts.append(f"part{at // _PART}")
        lines.append(
            f"objectclass ( {_OIDS}.3.{at // _PART + 1} NAME '{parts[-1]}' SUP top AUXILIARY"
            f" MAY ( {' $ '.join(kept[at : at + _PART])} ) )"
        )
    for number, name in enumerate(classes, 1):
        above = " $ ".join(parts)
        lines.append(f"objectclass ( {_OIDS}.2.{number} NAME '{name}' SUP ( {above} ) AUXILIARY )")
    return "\n".join(lines)


def _attribute(number: int, name: str) -> str:
    syntax, rule = "15", " EQUALITY caseIgnoreMatch"
    if name in _ADDRESSES:
        syntax, rule = "26", " EQUALITY caseIgnoreIA5Match"
    if name == "thumbnailphoto":
        syntax, rule = "40", ""
    return (
        f"attributetype ( {_OIDS}.1.{number} NAME '{name}'{rule}"
        f" SYNTAX 1.3.6.1.4.1.1466.115.121.1.{syntax} )"
    )


NAMES = tuple(
    dict.fromkeys(
        (
            *(name for name in shared_names() if "_" not in name),
            *(name for name in PEOPLE_ATTRIBUTES if name.startswith("zimbra")),
        )
    )
)
"""The product's attributes, in lower case."""

SITE = "site-"
"""What the attributes of the site begin with that stand for the product's."""

_READER = "\nobjectClass: person\ncn: reader\nsn: reader\nuserPassword: " + READER_PASSWORD + "\n"

INETORGPERSON = TreePlan(
    suffix="dc=example",
    root="cn=admin,dc=example",
    reader="cn=reader,dc=example",
    first="dn: dc=example\nobjectClass: domain\ndc: example\n\ndn: cn=reader,dc=example"
    + _READER
    + "\ndn: ou=people,dc=example\nobjectClass: organizationalUnit\nou: people\n",
    schema=_schema([SITE + name for name in NAMES], ["sitePerson"]),
)

_FURTHER = (
    "zimbraMailForwardingAddress",
    "zimbraPasswordModifiedTime",
    "company",
    "co",
    "zimbraMemberOf",
)
CARBONIO = TreePlan(
    suffix="",
    root="cn=admin,cn=zimbra",
    reader="cn=reader,cn=zimbra",
    first="dn: cn=zimbra\nobjectClass: organizationalRole\ncn: zimbra\n\ndn: cn=reader,cn=zimbra"
    + _READER
    + """
dn: cn=config,cn=zimbra
objectClass: organizationalRole
objectClass: zimbraGlobalConfig
cn: config

dn: cn=cos,cn=zimbra
objectClass: organizationalRole
cn: cos

dn: cn=default,cn=cos,cn=zimbra
objectClass: organizationalRole
objectClass: zimbraCOS
cn: default
zimbraId: e00428a1-0c00-11d9-836a-000d93afea2a
zimbraFeatureMobileSyncEnabled: TRUE
""",
    schema=_schema(
        [*NAMES, *_FURTHER],
        (
            "zimbraAccount",
            "zimbraCalendarResource",
            "zimbraDistributionList",
            "zimbraGroup",
            "zimbraDomain",
            "zimbraCOS",
            "zimbraGlobalConfig",
            "zimbraServer",
        ),
    ),
)

_CONFIGURATION = """\
include {schemas}/core.schema
include {schemas}/cosine.schema
include {schemas}/inetorgperson.schema
include {place}/own.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload ppolicy
pidfile {place}/pid
TLSCACertificateFile {place}/cert.pem
TLSCertificateFile {place}/cert.pem
TLSCertificateKeyFile {place}/key.pem
sizelimit {sizelimit}
{before}
database mdb
maxsize 268435456
suffix "{suffix}"
rootdn "{root}"
rootpw {password}
directory {place}/db
index objectClass eq
index entryUUID,entryCSN eq
dbnosync
limits dn.exact="{reader}" size={reader_limit}
access to attrs=userPassword by {userpassword} by anonymous auth by * none
access to * by dn.exact="{reader}" read by * none
{overlays}
"""


class Slapd:
    """A running server; ``ldap`` and ``ldaps`` are its ports, ``certificate`` its file."""

    def __init__(self, plan: TreePlan) -> None:
        self.plan = plan
        self.place = Path(tempfile.mkdtemp(prefix="cm-slapd-"))
        self.ldap, self.ldaps = _free_ports(2)
        self.certificate = self.place / "cert.pem"
        self._process: subprocess.Popen[bytes] | None = None
        self._prepare()

    @classmethod
    def started(cls, plan: TreePlan, **options: Any) -> Self:
        """Start one with the plan's first entries; ``options`` as of :meth:`configure`."""
        server = cls(plan)
        try:
            server.configure(**options)
            server.start()
            server.load(plan.first)
        except BaseException:
            server.remove()
            raise
        return server

    def _prepare(self) -> None:
        certificate, key = self_signed([HOST], now=datetime.now(UTC))
        self.certificate.write_bytes(certificate)
        (self.place / "key.pem").write_bytes(key)
        (self.place / "own.schema").write_text(self.plan.schema + "\n")
        (self.place / "db").mkdir()

    def configure(
        self,
        *,
        reader_limit: str = "unlimited",
        sizelimit: int = 500,
        reads_passwords: bool = False,
        overlays: str = "",
        before: str = "",
    ) -> None:
        """Write the configuration; it counts from the next start on."""
        reader = f'dn.exact="{self.plan.reader}" read' if reads_passwords else "self auth"
        text = _CONFIGURATION.format(
            schemas=SCHEMAS,
            place=self.place,
            suffix=self.plan.suffix,
            root=self.plan.root,
            password=PASSWORD,
            reader=self.plan.reader,
            reader_limit=reader_limit,
            sizelimit=sizelimit,
            userpassword=reader,
            overlays=overlays,
            before=before,
        )
        (self.place / "slapd.conf").write_text(text)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        urls = f"ldap://127.0.0.1:{self.ldap}/ ldaps://127.0.0.1:{self.ldaps}/"
        log = (self.place / "log").open("ab")
        command = [str(PROGRAM), "-f", str(self.place / "slapd.conf"), "-h", urls, "-d", "none"]
        self._process = subprocess.Popen(command, stdout=log, stderr=log)
        log.close()
        deadline = time.monotonic() + _STARTED_WITHIN_S
        while time.monotonic() < deadline:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.ldaps), 1):
                return
            if self._process.poll() is not None:
                break
            time.sleep(0.02)
        raise RuntimeError(f"slapd did not start: {(self.place / 'log').read_text()[-2000:]}")

    def kill(self) -> None:
        """End it at once."""
        self._signal(signal.SIGKILL)

    def pause(self) -> None:
        """Let it do nothing from now on, its connections open."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused one go on."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """End it properly."""
        self._signal(signal.SIGTERM)

    def _signal(self, number: int) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(number)
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGCONT)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def remove(self) -> None:
        """End it and remove its directory."""
        self.kill()
        shutil.rmtree(self.place, ignore_errors=True)

    # Entries

    def load(self, ldif: str) -> None:
        """Apply changes, or add entries, given as LDIF."""
        done = subprocess.run(
            [str(CLIENT), "-a", *self._as_root()],
            input=ldif.encode(),
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stderr.decode())

    def clear(self) -> None:
        """Bring the tree back to its first entries."""
        tool = shutil.which("ldapdelete", path=_PATH)
        for suffix in self.suffixes():
            subprocess.run([str(tool), "-r", "-M", *self._as_root(), suffix], check=True)
        self.load(self.plan.first)

    def value(self, dn: str, attribute: str) -> str:
        """Give the first value of an entry's attribute, a text."""
        tool = shutil.which("ldapsearch", path=_PATH)
        command = [str(tool), "-LLL", "-o", "ldif-wrap=no", *self._as_root()]
        done = subprocess.run(
            [*command, "-s", "base", "-b", dn, attribute], capture_output=True, check=True
        )
        lines = done.stdout.decode().splitlines()
        return next(line.partition(": ")[2] for line in lines if line.startswith(attribute))

    def suffixes(self) -> list[str]:
        """Give the names at the top."""
        tool = shutil.which("ldapsearch", path=_PATH)
        if self.plan.suffix:
            return [self.plan.suffix]
        done = subprocess.run(
            [str(tool), "-M", "-LLL", "-o", "ldif-wrap=no", *self._as_root(), "-b", "", "1.1"],
            capture_output=True,
            check=True,
        )
        names = [line[4:] for line in done.stdout.decode().splitlines() if line.startswith("dn: ")]
        present = set(names)
        return [each for each in names if each.partition(",")[2] not in present]

    def _as_root(self) -> list[str]:
        url = f"ldap://127.0.0.1:{self.ldap}"
        return ["-x", "-H", url, "-D", self.plan.root, "-w", PASSWORD]


def add(dn: str, values: Mapping[str, str | bytes | Sequence[str | bytes]]) -> str:
    """Write the LDIF that adds an entry."""
    return f"{_line('dn', dn)}changetype: add\n{_lines(values)}\n"


def replace(dn: str, values: Mapping[str, str | bytes | Sequence[str | bytes]]) -> str:
    """Write the LDIF that gives attributes other values, or none."""
    steps = [f"replace: {name}\n{_lines({name: given})}-\n" for name, given in values.items()]
    return f"{_line('dn', dn)}changetype: modify\n{''.join(steps)}\n"


def delete(dn: str) -> str:
    """Write the LDIF that removes an entry."""
    return f"{_line('dn', dn)}changetype: delete\n\n"


def _lines(values: Mapping[str, str | bytes | Sequence[str | bytes]]) -> str:
    rows = []
    for name, given in values.items():
        several = (given,) if isinstance(given, str | bytes) else given
        rows += [_line(name, each) for each in several]
    return "".join(rows)


def _line(name: str, value: str | bytes) -> str:
    octets = value if isinstance(value, bytes) else value.encode()
    return f"{name}:: {base64.b64encode(octets).decode()}\n"


def _free_ports(count: int) -> list[int]:
    taken = [socket.socket() for _ in range(count)]
    try:
        for each in taken:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in taken]
    finally:
        for each in taken:
            each.close()
