"""Where the servers of a configuration are, and which options say so."""

from urllib.parse import urlsplit

from carbonio_mobile.accounts.ldapdirectory.settings import LdapServers, LdapUrl
from carbonio_mobile.mailbox.delivery.relay import TlsMode
from carbonio_mobile.mailbox.imapclient.login import Encryption
from carbonio_mobile.service.gatewaysettings import (
    Authority,
    DavSettings,
    ImapSettings,
    SieveSettings,
    SubmissionSettings,
)
from carbonio_mobile.setup.doctor.probing import Speech, Target
from carbonio_mobile.setup.doctor.reaching import Place


def imap_place(settings: ImapSettings) -> Place:
    """Give the IMAP server."""
    is_wrapped = settings.encryption is Encryption.WRAPPED
    return _place(
        "imap",
        settings.host,
        settings.port,
        Speech.NOTHING if is_wrapped else Speech.IMAP,
        settings.authority,
        is_encrypted=settings.encryption is not Encryption.OFF,
    )


def submission_place(settings: SubmissionSettings) -> Place:
    """Give the server that takes mail."""
    relay = settings.relay
    authority = Authority(pem=relay.authority_pem, name=relay.authority_file or Authority().name)
    return _place(
        "submission",
        relay.host,
        relay.port,
        Speech.NOTHING if relay.tls is TlsMode.WRAPPED else Speech.SMTP,
        authority,
        is_encrypted=relay.tls is not TlsMode.OFF,
    )


def sieve_place(settings: SieveSettings) -> Place:
    """Give the ManageSieve server."""
    options = settings.options
    return _place(
        "sieve",
        options.host,
        options.port,
        Speech.NOTHING if options.tls is TlsMode.WRAPPED else Speech.SIEVE,
        settings.authority,
        is_encrypted=options.tls is not TlsMode.OFF,
    )


def dav_place(settings: DavSettings) -> Place:
    """Give the DAV server."""
    parts = urlsplit(settings.url)
    is_encrypted = parts.scheme == "https"
    return Place(
        target=Target(
            host=parts.hostname or "",
            port=parts.port or (443 if is_encrypted else 80),
            authority_pem=settings.authority.pem,
        ),
        is_encrypted=is_encrypted,
        authority=settings.authority.name,
        host_option="dav.url",
        port_option="dav.url",
        tls_option="dav.url",
        authority_option="dav.authority",
    )


def ldap_place(servers: LdapServers, url: LdapUrl, authority: Authority) -> Place:
    """Give one of the directory's servers."""
    return Place(
        target=Target(
            host=url.host,
            port=url.port,
            speech=Speech.NOTHING if url.is_tls else Speech.LDAP,
            authority_pem=authority.pem,
        ),
        is_encrypted=url.is_tls or servers.start_tls,
        authority=authority.name,
        host_option="directory.urls",
        port_option="directory.urls",
        tls_option="directory.start_tls",
        authority_option="directory.authority",
    )


def _place(
    section: str, host: str, port: int, speech: Speech, authority: Authority, *, is_encrypted: bool
) -> Place:
    return Place(
        target=Target(host=host, port=port, speech=speech, authority_pem=authority.pem),
        is_encrypted=is_encrypted,
        authority=authority.name,
        host_option=f"{section}.host",
        port_option=f"{section}.port",
        tls_option=f"{section}.tls",
        authority_option=f"{section}.authority",
    )
