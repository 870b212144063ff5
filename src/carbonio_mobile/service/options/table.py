"""Every option of the configuration file, declared once.

The parser, ``--help``, the sample file and the table in docs/operations.md are made from this
table. To add an option: add it to the module of its section here and to the settings in
``config.py``, then run ``tools/generate_sample.py``.
"""

from carbonio_mobile.service.options import (
    delivery,
    directory,
    gateway,
    house,
    listeners,
    protocols,
)
from carbonio_mobile.service.options.option import Option

SECTIONS = {
    "server": "Where the daemon keeps its data and listens",
    "backend": "Where accounts and mailboxes are: here, or on servers that are there already",
    "tls": "Certificates of the listeners that begin with tls:",
    "http": "What one peer may cost",
    "mail": "Mail that arrives by LMTP and mail that goes out, with mailboxes of our own",
    "relay": "The SMTP server for recipients that are not accounts here, likewise",
    "eas": "Bounds of ActiveSync requests and answers",
    "ldap": "The address book by LDAP",
    "documents": "A directory tree that phones may look into and read, as a document library",
    "wbxml": "What one WBXML document may cost",
    "smime": "Which certificates of mail are trusted when a phone asks (ValidateCert)",
    "provisioning": "Whether phones must acknowledge the policy document",
    "push": "Push; the names are those of Carbonio",
    "accounts": "Logins",
    "imap": "The IMAP server with the mail, for backend.mailboxes or backend.accounts",
    "dav": "The CalDAV and CardDAV server beside it",
    "submission": "The SMTP server that takes the mail of its users",
    "sieve": "The ManageSieve server, for automatic replies",
    "directory": "The LDAP directory with the accounts, for backend.accounts = ldap",
    "process": "The process itself",
    "log": "Logs",
}
"""The sections of the file, in order, each with what its options are about."""

_ALL = (
    *listeners.OPTIONS,
    *delivery.OPTIONS,
    *protocols.OPTIONS,
    *gateway.OPTIONS,
    *directory.OPTIONS,
    *house.OPTIONS,
)
OPTIONS: tuple[Option, ...] = tuple(
    option for section in SECTIONS for option in _ALL if option.section == section
)

BY_PATH = {option.path: option for option in OPTIONS}
BY_SPELLING = {
    f"{option.section}.{name}": option for option in OPTIONS for name in (option.name, *option.also)
}
"""Options by every spelling that the file may use."""
