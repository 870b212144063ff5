"""The catalogue of directory attributes: spelling, kind of value, default, where each may stand.

Further ones stand in ``moreattributes``. Spec: ../shared/carbonio/attributes.md 1-5, 7.
"""

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from carbonio_mobile.accounts.attribute import Attribute, Level
from carbonio_mobile.accounts.attribute import known as _known
from carbonio_mobile.accounts.invalid import InvalidArgument, shown
from carbonio_mobile.accounts.moreattributes import MORE, OTHER_SPELLINGS
from carbonio_mobile.accounts.values import (
    DURATION,
    EMAIL,
    FLAG,
    GENTIME,
    HOST,
    UUID,
    Kind,
    choice,
    octets,
    text,
    whole,
)
from carbonio_mobile.directory.people import MAX_BLOB_BYTES
from carbonio_mobile.policy.settings import BY_NAME, PROFILE, PROFILES, Form, Setting

__all__ = [
    "CATALOGUE",
    "DEFAULTS",
    "MEMBER_RULE",
    "Attribute",
    "Level",
    "checked",
    "found",
    "is_inherited",
    "key_of",
    "spelt",
]

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_;-]{0,127}\Z")
_VALUES_MAX = 1000
MEMBER_RULE = "carbonioMobileMemberRule"
"""Our own: it makes a list a dynamic one; see ``accounts/rules.py``."""
_FREE_TEXT = text(65536)


def _policy_kind(row: Setting) -> Kind:
    if row.form is Form.FLAG:
        return FLAG
    return whole(row.lowest, row.highest) if row.form is Form.NUMBER else text(row.highest or 0)


_PROTOCOLS = choice("zsync", "imap", "pop3", "http_basic", "http_dav", "soap")
_LINE = text(256)
_BLOB = octets(MAX_BLOB_BYTES)

_TABLE = (
    # 1. Switches of mobile sync
    _known("zimbraFeatureMobileSyncEnabled", FLAG, "account cos", "FALSE"),
    _known("zimbraFeatureMobilePolicyEnabled", FLAG, "account cos", "TRUE"),
    _known("zimbraMobileSmartForwardRFC822Enabled", FLAG, "account cos", "FALSE"),
    _known("zimbraMobileOutlookSyncEnabled", FLAG, "account cos", "TRUE"),
    _known("zimbraMobileForceProtocol25", FLAG, "account cos", "FALSE"),
    _known("zimbraMobileForceSamsungProtocol25", FLAG, "account cos", "FALSE"),
    _known("zimbraMobileSearchMimeSupportEnabled", FLAG, "account cos", "FALSE"),
    _known("zimbraMobileMaxMessageSize", whole(0), "server global", "10240000"),
    _known("zimbraMobileTombstoneEnabled", FLAG, "account cos", "TRUE"),
    # Our own: devices that know one folder of a class are told of the others all the same.
    _known("carbonioMobileShowAllFolders", FLAG, "account cos", "FALSE"),
    # Our own: how many devices an account may have; 0 is no limit.
    _known("carbonioMobileMaxDevices", whole(0, 100_000), "account cos", "0"),
    # 2. The policy for devices. Without defaults: what nobody set restricts nothing, and what the
    # product's own class of service says is the profile "carbonio".
    *(
        _known(row.attribute, _policy_kind(row), "account cos", multiple=row.form is Form.TEXTS)
        for row in BY_NAME.values()
    ),
    _known(PROFILE, choice(*PROFILES), "account cos domain server global"),
    # 3. Status and login
    _known(
        "zimbraAccountStatus",
        choice("active", "maintenance", "locked", "closed", "pending"),
        "account",
        "active",
    ),
    _known(
        "zimbraDomainStatus",
        choice("active", "maintenance", "locked", "closed", "suspended", "shutdown"),
        "domain",
        "active",
        inherited=False,
    ),
    _known("zimbraPasswordMinLength", whole(0, 512), "account cos", "6"),
    _known("zimbraPasswordLockoutEnabled", FLAG, "account cos", "FALSE"),
    _known("zimbraPasswordLockoutMaxFailures", whole(0, 10000), "account cos", "10"),
    _known("zimbraPasswordLockoutDuration", DURATION, "account cos", "1h"),
    _known("zimbraPasswordLockoutFailureLifetime", DURATION, "account cos", "1h"),
    _known("zimbraPasswordLockoutSuppressionEnabled", FLAG, "account cos", "TRUE"),
    _known(
        "zimbraPasswordLockoutSuppressionProtocols",
        _PROTOCOLS,
        "account cos",
        "zsync",
        multiple=True,
    ),
    _known("zimbraPasswordLockoutSuppressionCacheSize", whole(0, 1000), "account cos", "1"),
    _known(
        "zimbraPasswordLockoutLockedTime",
        GENTIME,
        "account",
        set_by="modifyAccount … zimbraAccountStatus active",
    ),
    _known(
        "zimbraPasswordLockoutFailureTime",
        GENTIME,
        "account",
        multiple=True,
        set_by="modifyAccount … zimbraAccountStatus active",
    ),
    _known("userPassword", _FREE_TEXT, "account", set_by="setPassword"),
    # 4. Identity, limits, features
    _known("zimbraId", UUID, "account cos domain", inherited=False, set_by="create-…"),
    _known("zimbraMailDeliveryAddress", EMAIL, "account", set_by="renameAccount"),
    _known("zimbraMailAlias", EMAIL, "account", multiple=True, set_by="addAccountAlias"),
    _known("zimbraAllowFromAddress", EMAIL, "account", multiple=True),
    _known("zimbraMailCanonicalAddress", EMAIL, "account"),
    _known("zimbraPrefFromAddress", _LINE, "account"),
    _known("zimbraPrefFromDisplay", _LINE, "account"),
    _known("displayName", _LINE, "account list"),
    _known("cn", _LINE, "account cos list", inherited=False),
    _known("givenName", _LINE, "account"),
    _known("sn", _LINE, "account"),
    _known("description", text(1024), "account cos domain list", inherited=False, multiple=True),
    _known("zimbraCOSId", UUID, "account"),
    _known("zimbraDomainDefaultCOSId", UUID, "domain", inherited=False),
    _known("zimbraMailQuota", whole(0), "account cos", "0"),
    _known("zimbraMailAllowReceiveButNotSendWhenOverQuota", FLAG, "account cos", "FALSE"),
    _known("zimbraQuotaWarnPercent", whole(0, 100), "account cos", "90"),
    _known(
        "zimbraPrefTimeZoneId", _LINE, "account cos domain", "America/Los_Angeles", multiple=True
    ),
    _known("zimbraPrefLocale", text(64), "account cos"),
    _known("zimbraPrefCalendarFirstDayOfWeek", whole(0, 6), "account cos", "1"),
    _known("zimbraPrefSaveToSent", FLAG, "account cos", "TRUE"),
    _known("zimbraAttachmentsBlocked", FLAG, "account cos global", "FALSE"),
    _known("zimbraMtaMaxMessageSize", whole(0), "global", "10240000"),
    _known("zimbraSyncWindowSize", whole(0), "account cos", "0"),
    _known("zimbraMailTrashLifetime", DURATION, "account cos", "30d"),
    _known("zimbraMailSpamLifetime", DURATION, "account cos", "30d"),
    _known("zimbraFeatureContactsEnabled", FLAG, "account cos", "TRUE"),
    _known("zimbraFeatureCalendarEnabled", FLAG, "account cos", "TRUE"),
    _known("zimbraFeatureTasksEnabled", FLAG, "account cos", "TRUE"),
    # 7. The address list
    _known("zimbraFeatureGalEnabled", FLAG, "account cos", "TRUE"),
    _known("zimbraHideInGal", FLAG, "account list"),
    _known("zimbraGalMode", choice("zimbra", "both", "ldap"), "domain"),
    _known("zimbraGalInternalSearchBase", _LINE, "domain global", "DOMAIN"),
    _known("zimbraGalMaxResults", whole(0, 1_000_000), "domain global", "100"),
    _known("telephoneNumber", _LINE, "account"),
    _known("homePhone", _LINE, "account"),
    _known("mobile", _LINE, "account"),
    _known("physicalDeliveryOfficeName", _LINE, "account"),
    _known("title", _LINE, "account"),
    _known("company", _LINE, "account"),
    _known("thumbnailPhoto", _BLOB, "account"),
    _known("jpegPhoto", _BLOB, "account"),
    _known("userCertificate", _BLOB, "account", multiple=True),
    _known("userSMIMECertificate", _BLOB, "account", multiple=True),
    # 5. Domain and host names
    _known("zimbraDefaultDomainName", HOST, "global", inherited=False),
    _known("zimbraPublicServiceHostname", HOST, "domain global"),
    _known("zimbraPublicServiceProtocol", choice("http", "https"), "domain global"),
    _known("zimbraPublicServicePort", whole(1, 65535), "domain global"),
    _known("zimbraVirtualHostname", HOST, "domain", multiple=True, inherited=False),
    # Administration: accounts that wait for a password, full domains, rooms and lists.
    _known("zimbraPasswordMustChange", FLAG, "account"),
    _known("zimbraDomainMaxAccounts", whole(0), "domain", inherited=False),
    _known("zimbraCalResType", choice("Location", "Equipment"), "account"),
    _known(MEMBER_RULE, text(1024), "list", inherited=False),
    _known("zimbraMailForwardingAddress", EMAIL, "account", multiple=True),
)

CATALOGUE: Mapping[str, Attribute] = {row.name.lower(): row for row in (*_TABLE, *MORE)}
"""Every known attribute, by its name in lower case."""

DEFAULTS: Mapping[str, tuple[str, ...]] = {
    key: row.default for key, row in CATALOGUE.items() if row.default and row.inherited
}
"""The built-in defaults, the end of the chain of inheritance."""


def key_of(name: str) -> str:
    """Give the form under which a name is compared and stored. Raises: InvalidArgument."""
    if not _NAME.match(name):
        raise InvalidArgument("attribute", f"expected a name like displayName, got {shown(name)}")
    key = name.lower()
    return OTHER_SPELLINGS.get(key, key)


def spelt(name: str) -> str:
    """Give a name as the catalogue spells it; an unknown one as it was given."""
    row = CATALOGUE.get(key_of(name))
    return row.name if row else name


def is_inherited(key: str) -> bool:
    """Tell whether accounts get this attribute from what stands above them."""
    row = CATALOGUE.get(key)
    return row is None or row.inherited


def checked(name: str, values: Sequence[str], level: Level) -> tuple[str, ...]:
    """Give the values in the form to store; unknown attributes take any text.

    Raises: InvalidArgument (a value, a level at which the attribute has no meaning, several values
    where one is allowed, an attribute that has its own command).
    """
    row = CATALOGUE.get(key_of(name))
    if len(values) > _VALUES_MAX:
        raise InvalidArgument(name, f"expected at most {_VALUES_MAX} values")
    if row is None:
        return tuple(_checked_value(name, _FREE_TEXT, value) for value in values)
    if row.set_by:
        raise InvalidArgument(row.name, f"cannot be set like this; use {row.set_by}")
    if level not in row.levels:
        allowed = " or ".join(sorted(at.value for at in row.levels))
        raise InvalidArgument(
            row.name, f"has no meaning at the level {level.value}, only at {allowed}"
        )
    if len(values) > 1 and not row.multiple:
        raise InvalidArgument(row.name, f"expected one value, got {len(values)}")
    return tuple(_checked_value(row.name, row.kind, value) for value in values)


def _checked_value(name: str, kind: Kind, value: str) -> str:
    try:
        return kind.normal(value)
    except ValueError as exc:
        raise InvalidArgument(name, f"expected {kind.expected}, got {shown(value)}") from exc


def found(name: str) -> Attribute:
    """Give what is known of an attribute. Raises: InvalidArgument, with the nearest name."""
    row = CATALOGUE.get(key_of(name))
    if row is None:
        near = get_close_matches(name.lower(), CATALOGUE, n=1, cutoff=0.6)
        hint = f"; did you mean {CATALOGUE[near[0]].name}?" if near else ""
        raise InvalidArgument("attribute", f"none is known by the name {shown(name)}{hint}")
    return row
