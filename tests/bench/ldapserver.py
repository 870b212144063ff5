"""The address book beside OpenLDAP's slapd: ``python tests/bench/ldapserver.py [--sizes N…]``.

Both hold the same entries of ``../shared/bench/ldapload.py`` and get the same questions, one after
the other, over TLS with the same certificate. CPU is that of the server process, user and system.
Without slapd (Debian's package slapd) only ours is measured. Prints one line a figure;
docs/performance.md keeps the ones that count.
"""

import argparse
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.bench.eas import ENVIRONMENT, PASSWORD, ROOT, SHARED, free_port

LOAD = SHARED / "ldapload.py"
SUFFIX, DOMAIN, LOGIN = "dc=example,dc=test", "example.test", "bench@example.test"
SLAPD = shutil.which("slapd", path="/usr/sbin:/usr/local/sbin:/usr/lib/openldap")
SLAPADD = shutil.which("slapadd", path="/usr/sbin:/usr/local/sbin")

MIXES = {
    "the issue's mix": ("outlook:6,substr:1,exact:3", ()),
    "prefix (Outlook)": ("outlook", ()),
    "exact mail": ("exact", ()),
    "infix": ("substr", ()),
    "nobody found": ("miss", ()),
    "VLV page of 50": ("vlv", ()),
    "paged, 100": ("paged", ()),
    "connect, bind, search": ("exact", ("--per-connection", "1")),
}

SLAPD_CONF = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload sssvlv
pidfile {folder}/slapd.pid
TLSCertificateFile {pem}
TLSCertificateKeyFile {pem}
sizelimit unlimited
database mdb
suffix "{suffix}"
rootdn "cn=admin,{suffix}"
rootpw {password}
directory {folder}/db
maxsize 4294967296
dbnosync
index objectClass eq
index cn,sn,givenName,displayName,mail,uid eq,sub,pres
overlay sssvlv
"""


@dataclass(frozen=True, kw_only=True)
class Server:
    """A running server: where it listens, who it is, and who may ask."""

    name: str
    port: int
    pid: int
    login: str
    base: str
    built_s: float
    web: int = 0


def certificate(folder: Path) -> Path:
    """Make a P-256 certificate of 127.0.0.1 with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    start = datetime.now(UTC) - timedelta(days=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=30))
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    pem.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return pem


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until a TLS handshake succeeds."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    for _ in range(300):
        if process.poll() is not None:
            break
        try:
            with (
                socket.create_connection(("127.0.0.1", port), timeout=2) as plain,
                context.wrap_socket(plain),
            ):
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"the server did not start: {log.read_text()[-3000:]}")


@contextmanager
def slapd(folder: Path, ldif: Path, pem: Path) -> Iterator[Server]:
    """Run slapd with the entries of an LDIF file."""
    home = folder / "slapd"
    (home / "db").mkdir(parents=True)
    conf = home / "slapd.conf"
    conf.write_text(
        SLAPD_CONF.format(folder=home, pem=pem, suffix=SUFFIX, password=PASSWORD), encoding="utf-8"
    )
    started = time.perf_counter()
    subprocess.run([str(SLAPADD), "-q", "-f", str(conf), "-l", str(ldif)], check=True)
    built = time.perf_counter() - started
    port, log = free_port(), home / "log"
    process = subprocess.Popen(
        [str(SLAPD), "-d0", "-f", str(conf), "-h", f"ldaps://127.0.0.1:{port}/"],
        stdout=log.open("wb"),
        stderr=subprocess.STDOUT,
    )
    try:
        wait_for(port, process, log)
        yield Server(
            name="slapd",
            port=port,
            pid=process.pid,
            login=f"cn=admin,{SUFFIX}",
            base=SUFFIX,
            built_s=built,
        )
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def ours(folder: Path, ldif: Path, pem: Path) -> Iterator[Server]:
    """Run the daemon, the entries imported into the address list of a domain."""
    data = folder / "data"
    data.mkdir()
    for arguments, typed in (
        (("create-domain", DOMAIN), None),
        (("create-account", LOGIN, "--password-stdin"), PASSWORD),
    ):
        subprocess.run(
            [
                sys.executable,
                "-c",
                "import sys; from carbonio_mobile.setup.main import main; sys.exit(main())",
                *("--data", str(data), *arguments),
            ],
            env=ENVIRONMENT,
            check=True,
            input=None if typed is None else f"{typed}\n".encode(),
            stdout=subprocess.DEVNULL,
        )
    config = folder / "carbonio-mobile.toml"
    config.write_text(
        f'[tls]\ncertificates = [{{ certificate = "{pem}", key = "{pem}" }}]\n', encoding="utf-8"
    )
    port, web, log = free_port(), free_port(), folder / "daemon.log"
    socket_path = folder / "admin.sock"
    process = subprocess.Popen(
        [
            str(shutil.which("twistd")),
            *("-n", "--pidfile=", "carbonio-mobile", "--config", str(config)),
            *("--data", str(data), "--admin", str(socket_path)),
            *("--eas", f"tcp:{web}:interface=127.0.0.1"),
            *("--ldap", f"ssl:{port}:interface=127.0.0.1"),
        ],
        env=ENVIRONMENT,
        cwd=ROOT,
        stdout=log.open("wb"),
        stderr=subprocess.STDOUT,
    )
    try:
        wait_for(port, process, log)
        started = time.perf_counter()
        subprocess.run(
            [
                sys.executable,
                "-m",
                "carbonio_mobile.cli.main",
                *("--socket", str(socket_path), "prov", "importGal", DOMAIN, str(ldif)),
            ],
            env=ENVIRONMENT,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        built = time.perf_counter() - started
        yield Server(
            name="ours", port=port, pid=process.pid, login=LOGIN, base="", built_s=built, web=web
        )
    finally:
        process.terminate()
        process.wait(60)


def cpu_s(pid: int) -> float:
    """Give the CPU seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def settle(pid: int) -> float:
    """Wait until a server has nothing left to do; give the CPU seconds that it used until then."""
    spent = cpu_s(pid)
    while True:
        time.sleep(1.0)
        now = cpu_s(pid)
        if now - spent < 0.05:
            return now
        spent = now


def load(server: Server, entries: int, mix: str, more: tuple[str, ...], seconds: float) -> dict:
    """Ask for so long; gives what the load client printed."""
    output = subprocess.run(
        [
            *(sys.executable, str(LOAD), "run", "--port", str(server.port), "--tls"),
            *("--entries", str(entries), "--mix", mix, "--duration", str(seconds)),
            *("--bind-name", server.login, "--bind-password", PASSWORD),
            *("--base", server.base),
            *("--server-pids", str(server.pid), "--compact", *more),
        ],
        check=True,
        capture_output=True,
    )
    return json.loads(output.stdout)


def told(name: str, result: dict) -> str:
    """Put a result on one line."""
    latency = result["latency"]
    return (
        f"{name:6} {result['server_cpu_s_per_1000_searches']:8.3f} ms CPU a search "
        f"{result['searches_per_s']:8.1f}/s  p50 {latency['p50_ms']:7.2f} ms  "
        f"p99 {latency['p99_ms']:7.2f} ms  {result['entries_per_search']:6.2f} entries  "
        f"codes {result['result_codes']}  {result['server_rss_mib'][0]:.0f} MiB"
    )


def measure(entries: int, seconds: float, names: list[str]) -> None:
    """Load both servers with so many entries and ask each the same."""
    with tempfile.TemporaryDirectory(prefix="carbonio-mobile-ldap-") as name:
        folder = Path(name)
        pem, ldif = certificate(folder), folder / "gal.ldif"
        subprocess.run(
            [sys.executable, str(LOAD), "gen", "--entries", str(entries), "--ldif", str(ldif)],
            check=True,
        )
        results: dict[str, dict[str, dict]] = {}
        for run in (ours, slapd) if SLAPD and SLAPADD else (ours,):
            with run(folder, ldif, pem) as server:
                print(
                    f"{server.name}: {entries} entries taken in {server.built_s:.1f} s, "
                    f"{settle(server.pid):.1f} s CPU in all"
                )
                load(server, entries, MIXES["the issue's mix"][0], (), 3.0)
                for title in names:
                    mix, more = MIXES[title]
                    result = load(server, entries, mix, more, seconds)
                    results.setdefault(title, {})[server.name] = result
        for title, by_server in results.items():
            print(f"{title}, {entries} entries")
            for server_name, result in by_server.items():
                print("  " + told(server_name, result))
            if len(by_server) == 2:
                mine, theirs = (
                    by_server[one]["server_cpu_s_per_1000_searches"] for one in ("ours", "slapd")
                )
                print(f"  {mine / theirs:.2f} of slapd's CPU")


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--only", choices=list(MIXES), nargs="+", default=list(MIXES))
    arguments = parser.parse_args()
    if not LOAD.is_file():
        raise SystemExit(f"{LOAD} is missing")
    if not SLAPD:
        print("slapd is not installed: only ours is measured")
    for entries in arguments.sizes:
        measure(entries, arguments.seconds, arguments.only)


if __name__ == "__main__":
    main()
