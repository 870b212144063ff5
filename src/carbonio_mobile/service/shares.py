"""How the open files that the system allows are shared out: connections, mailboxes, all else."""

from dataclasses import dataclass

_FILES_A_DATABASE = 3  # itself, its log, the index of that log
_DATABASES_PART = 4
_LDAP_PART = 4
_SERVERS_PART = 4
_OTHERS = 200  # listeners, the other databases with spare connections, the relay, logs, hints


@dataclass(frozen=True, slots=True, kw_only=True)
class FileShares:
    """How many of each may be open at a time."""

    connections: int
    databases: int
    ldap: int
    servers: int = 0


def file_shares(
    limit: int, *, connections: int, databases: int, lmtp: int, ldap: int, servers: int = 0
) -> FileShares:
    """Give what is wished of connections and mailbox databases, or what ``limit`` leaves of it.

    Mailboxes get a quarter of the files at most, connections to ``servers`` a quarter of the rest,
    LDAP a quarter of that rest, phones what is then left. With too few for anything else the least
    that works is given, and opening files fails where they run out.
    """
    databases = min(databases, max(limit // _DATABASES_PART // _FILES_A_DATABASE, 8))
    left = limit - _OTHERS - lmtp - databases * _FILES_A_DATABASE
    servers = min(servers, max(left // _SERVERS_PART, 16))
    left -= servers
    ldap = min(ldap, max(left // _LDAP_PART, 16)) if ldap else 0
    phones = min(connections, max(left - ldap, 16))
    return FileShares(connections=phones, databases=databases, ldap=ldap, servers=servers)
