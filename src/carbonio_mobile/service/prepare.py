"""What is done before anything runs: data directory and sockets taken, databases up to date.

All of it happens before twistd forks or opens its log, so that a failure is one line and nothing is
half-started; no connection to a database outlives it, as none may cross a fork.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from twisted.internet.interfaces import IListeningPort

from carbonio_mobile.accounts.opening import open_store
from carbonio_mobile.accounts.passwords import FULL_COST
from carbonio_mobile.errors import ConfigError, StoreError
from carbonio_mobile.mailbox.delivery.database import OUTBOX_FILE, open_queue
from carbonio_mobile.service import adminsocket, demo
from carbonio_mobile.service.check import certificate_table
from carbonio_mobile.service.config import Settings
from carbonio_mobile.service.listeners import LateFactory, Listener, endpoint, listen_all
from carbonio_mobile.service.logfile import LogFile
from carbonio_mobile.service.parts import Reactor, state_file
from carbonio_mobile.service.tls import CertificateTable
from carbonio_mobile.store.upgrade import bring_up_to_date

LOCK_FILE = "daemon.lock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What the daemon holds before it runs. ``lock`` is an open file: closing it gives the data up.

    ``ports`` are in the order of the settings: those of ``eas``, of ``lmtp``, of ``ldap``, then the
    admin socket.
    """

    lock: int
    table: CertificateTable | None
    log_file: LogFile | None
    eas: LateFactory
    lmtp: LateFactory
    ldap: LateFactory
    admin: LateFactory
    admin_group: int
    ports: list[IListeningPort]


def prepare(settings: Settings, reactor: Reactor, *, with_demo: bool) -> Prepared:
    """Take all that must be had for a start, or nothing. Raises: ConfigError."""
    ports: list[IListeningPort] = []
    eas, lmtp, ldap, admin = LateFactory(), LateFactory(), LateFactory(), LateFactory()
    admin_group = adminsocket.group_of("server.admin_group", settings.admin.group)
    lock = take_directory(settings.spelling("server.data"), settings.data)
    try:
        if with_demo:
            demo.make_certificate(settings.data)
        table = certificate_table(settings)
        ports = listen_all(
            [
                *_listeners("server.eas", settings.eas, eas, settings, table, reactor),
                *_listeners("server.lmtp", settings.lmtp, lmtp, settings, table, reactor),
                *_listeners("server.ldap", settings.ldap, ldap, settings, table, reactor),
            ]
        )
        ports.append(
            adminsocket.listen(
                settings.spelling("server.admin"),
                settings.admin.socket,
                admin,
                group=admin_group,
                reactor=reactor,
            )
        )
        log_file = LogFile.open(settings.log)
        prepare_databases(settings, with_demo=with_demo)
    except BaseException:
        for port in ports:
            port.stopListening()
        os.close(lock)
        raise
    return Prepared(
        lock=lock,
        table=table,
        log_file=log_file,
        eas=eas,
        lmtp=lmtp,
        ldap=ldap,
        admin=admin,
        admin_group=admin_group,
        ports=ports,
    )


def _listeners(
    path: str,
    texts: Iterable[str],
    factory: LateFactory,
    settings: Settings,
    table: CertificateTable | None,
    reactor: Reactor,
) -> Iterator[Listener]:
    option = settings.spelling(path)
    for text in texts:
        made = endpoint(option, text, reactor=reactor, table=table)
        yield Listener(option=option, text=text, endpoint=made, factory=factory)


def take_directory(option: str, data: Path) -> int:
    """Make the data directory if need be and lock it for this daemon. Raises: ConfigError."""
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(data / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as exc:
        raise ConfigError(option, f"cannot write {data}: {exc.strerror}") from exc
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as exc:
        os.close(lock)
        raise ConfigError(option, f"{data} is in use by another carbonio-mobile") from exc
    return lock


def prepare_databases(settings: Settings, *, with_demo: bool) -> None:
    """Make and upgrade the databases, the demo's accounts as well. Raises: ConfigError."""
    option = settings.spelling("server.data")
    store = open_store(settings.data, FULL_COST)
    try:
        if with_demo:
            demo.make_accounts(store)
        for domain in set(settings.accounts.domains) - set(store.domains()):
            store.create_domain(domain)
        file = state_file(settings)
        file.create()
        bring_up_to_date(file)
        queue = settings.data / OUTBOX_FILE
        open_queue(queue, busy_s=settings.busy_timeout_s, durable=True).close()
    except StoreError as exc:
        raise ConfigError(option, str(exc)) from exc
    except sqlite3.Error as exc:
        raise ConfigError(option, f"the queue of outgoing mail cannot be opened: {exc}") from exc
    except OSError as exc:
        raise ConfigError(option, f"cannot write {exc.filename}: {exc.strerror}") from exc
    finally:
        store.close()
