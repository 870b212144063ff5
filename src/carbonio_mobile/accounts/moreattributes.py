"""Attributes of administration: device control, notices, second factors, and the product's others.

Those of the last group are checked and kept for the day on which they mean something here.

Spec: ../shared/carbonio/cli.md 3.2, 3.3 and 4.2; attributes.md 1, 3, 4-7.
"""

from carbonio_mobile.accounts.attribute import Attribute, known
from carbonio_mobile.accounts.values import (
    DURATION,
    EMAIL,
    FLAG,
    GENTIME,
    UUID,
    Kind,
    choice,
    text,
    whole,
)
from carbonio_mobile.directory.authpolicy import (
    POLICY_SERVICES,
    SecondFactor,
    normal_range,
    second_factor_attribute,
    trusted_range_attribute,
)

_DAY_MS = 24 * 3600 * 1000
_LINE = text(256)
_RANGE = Kind(expected="a range of addresses like 192.168.0.0/16", normal=normal_range)
_FACTOR = whole(min(SecondFactor), max(SecondFactor))
_GATEWAYS = "account cos domain global"

_DEVICE_CONTROL = (
    known(
        "mobileAntiDosServiceEnabled", FLAG, "global", "FALSE",
        note="whether the DoS filter holds off devices that ask too often",
    ),
    known(
        "mobileAntiDosServiceJailDuration", whole(0, 365 * _DAY_MS), "global", "600000",
        note="milliseconds for which a device is held off",
    ),
    known(
        "mobileAntiDosServiceTimeWindow", whole(1, _DAY_MS), "global", "30000",
        note="milliseconds in which requests are counted",
    ),
    known(
        "mobileAntiDosServiceMaxRequests", whole(0, 100_000), "global", "150",
        note="requests in that time; 0 is no limit",
    ),
    known(
        "abqMode", choice("Permissive", "Interactive", "Strict", "Disabled"),
        "account cos global", "Permissive",
        note="what becomes of a device that no list and no rule names",
    ),
    known(
        "abqNotificationsInterval", whole(0, 365 * _DAY_MS), "global", "0",
        note="milliseconds between mails about devices in quarantine; 0 is never",
    ),
    known(
        "abq_enabled_at_startup", FLAG, "global", "TRUE",
        note="whether ABQ runs after a start; takes effect at the next one",
    ),
    # The manual prints no defaults: the daemon's options stand in for them.
    known(
        "ZxMobile_NotificationsLatency", whole(0, 86400), "server global",
        note="seconds between an event and its notification",
    ),
    known(
        "ZxMobile_UseInstantNotficiations", FLAG, "server global",
        note="notify at once, whatever the latency; also spelt ...Notifications",
    ),
    known(
        "ZxMobile_MaxPingHeartbeat", whole(1, 86400), "server global",
        note="seconds, the longest that a Ping may wait",
    ),
    known(
        "ZxMobile_DeviceManagementEnabled", FLAG, "server global",
        note="dropped by the product in 24.07: zimbraFeatureMobilePolicyEnabled decides alone",
    ),
    known("ZxMobile_MaxOutlookVersion", _LINE, "server global"),
    known("ZxMobile_MaxGlobalVersion", _LINE, "server global"),
    known(
        "carbonioNotificationFrom", EMAIL, "domain global",
        note="the sender of notices to administrators",
    ),
    known(
        "carbonioNotificationRecipients", EMAIL, "domain global", multiple=True,
        note="those who get notices to administrators",
    ),
)  # fmt: skip

_SECOND_FACTORS = (
    known("zimbraTwoFactorAuthEnabled", FLAG, "account"),
    known("zimbraFeatureTwoFactorAuthRequired", FLAG, "account cos", "FALSE"),
    known("zimbraFeatureTwoFactorAuthAvailable", FLAG, "account cos", "FALSE"),
    known("carbonioFeatureOTPMgmtEnabled", FLAG, "account cos", "TRUE"),
    *(
        row
        for service in POLICY_SERVICES
        for row in (
            known(second_factor_attribute(service), _FACTOR, "domain global"),
            known(trusted_range_attribute(service), _RANGE, "domain global", multiple=True),
        )
    ),
)

_OTHERS = (
    # 1
    known("zimbraFeatureMobileAppEnabled", FLAG, "account cos", "FALSE"),
    known("zimbraMobileShareContactEnabled", FLAG, "account cos", "FALSE"),
    known("zimbraMobileMetadataMaxSizeEnabled", FLAG, _GATEWAYS, "FALSE"),
    known("zimbraMobileItemsToTrackPerFolderMaxSize", text(30), _GATEWAYS, multiple=True),
    known("zimbraMobileMetadataRetentionPolicy", _LINE, "server global", "180:30:1"),
    known(
        "zimbraMobileSyncRedoMaxAttempts", _LINE, "account cos", "windows:2", "default:1",
        multiple=True,
    ),
    known("zimbraMobileNotificationEnabled", FLAG, "account cos", "FALSE"),
    known("zimbraMobileNotificationAdminAddress", EMAIL, "account cos"),
    known("zimbraMobileAttachSkippedItemEnabled", FLAG, "account cos", "FALSE"),
    known("zimbraMobileSyncKeyFormatConvertedFolders", _LINE, "account cos", multiple=True),
    known("zimbraNetworkMobileNGEnabled", FLAG, "server global", "FALSE"),
    # 3
    known("zimbraPasswordMaxAge", whole(0), "account cos", "0"),
    known("zimbraPasswordLocked", FLAG, "account cos", "FALSE"),
    known("zimbraAuthTokenLifetime", DURATION, "account cos", "2d"),
    known("zimbraInvalidLoginFilterMaxFailedLogin", whole(), "server global", "10"),
    known(
        "zimbraInvalidLoginFilterDelayInMinBetwnReqBeforeReinstating", whole(), "server global",
        "15",
    ),
    known("zimbraHttpThrottleSafeIPs", _LINE, "server global", multiple=True),
    known("zimbraHttpDosFilterMaxRequestsPerSec", whole(1), "server global", "100"),
    known("zimbraHttpDosFilterDelayMillis", whole(), "server global", "-1"),
    # 4
    known("zimbraMailHost", _LINE, "account list"),
    known("zimbraDomainAggregateQuota", whole(0), "domain global", "0"),
    known(
        "zimbraDomainAggregateQuotaPolicy",
        choice("ALLOWSENDRECEIVE", "BLOCKSEND", "BLOCKSENDRECEIVE"),
        "domain global", "ALLOWSENDRECEIVE",
    ),
    known(
        "zimbraDomainAggregateQuotaWarnPercent", whole(0, 100), "domain global", "80",
        note="so full, administrators are told of it; 0: only when it is full",
    ),
    known(
        "zimbraPrefDelegatedSendSaveTarget", choice("owner", "sender", "both", "none"),
        "account cos", "owner",
    ),
    known("zimbraContactMaxNumEntries", whole(0), "account cos", "10000"),
    known("zimbraFileUploadMaxSize", whole(), "server global", "10485760"),
    known("carbonioFeatureTasksEnabled", FLAG, "account cos", "TRUE"),
    known("carbonioFeatureMailsAppEnabled", FLAG, "account cos", "TRUE"),
    known("zimbraFeatureSharingEnabled", FLAG, "account cos", "TRUE"),
    known("zimbraImapEnabled", FLAG, "account cos", "TRUE"),
    # 5
    known("zimbraVirtualIPAddress", _LINE, "domain", multiple=True, inherited=False),
    known("zimbraReverseProxyUpstreamPollingTimeout", DURATION, "server global", "1h"),
    # 6
    known("zimbraPrefOutOfOfficeReplyEnabled", FLAG, "account"),
    known("zimbraPrefOutOfOfficeReply", text(8192), "account"),
    known("zimbraPrefOutOfOfficeExternalReplyEnabled", FLAG, "account"),
    known("zimbraPrefOutOfOfficeExternalReply", text(8192), "account"),
    known(
        "zimbraPrefExternalSendersType", choice("ALL", "ALLNOTINAB", "INAB", "INSD"),
        "account cos", "ALL",
    ),
    known("zimbraPrefOutOfOfficeSuppressExternalReply", FLAG, "account"),
    known("zimbraPrefOutOfOfficeFromDate", GENTIME, "account"),
    known("zimbraPrefOutOfOfficeUntilDate", GENTIME, "account"),
    known("zimbraPrefOutOfOfficeCacheDuration", DURATION, "account cos", "2d"),
    known("zimbraPrefOutOfOfficeDirectAddress", EMAIL, "account", multiple=True),
    known("zimbraPrefOutOfOfficeFreeBusyStatus", choice("BUSY", "OUTOFOFFICE"), "account"),
    known("zimbraInternalSendersDomain", _LINE, "account cos domain", multiple=True),
    known("zimbraFeatureOutOfOfficeReplyEnabled", FLAG, "account cos", "TRUE"),
    # 7
    known("zimbraFeatureGalAutoCompleteEnabled", FLAG, "account cos", "TRUE"),
    known("zimbraFeatureGalSyncEnabled", FLAG, "account cos", "TRUE"),
    known("zimbraPrefGalAutoCompleteEnabled", FLAG, "account cos", "TRUE"),
    known("zimbraPrefSharedAddrBookAutoCompleteEnabled", FLAG, "account cos", "FALSE"),
    known("zimbraGalTokenizeSearchKey", choice("and", "or"), "domain global", "and"),
    known("zimbraGalTokenizeAutoCompleteKey", choice("and", "or"), "domain global", "and"),
    known("zimbraGalAlwaysIncludeLocalCalendarResources", FLAG, "domain global", "FALSE"),
    known("zimbraGalAccountId", UUID, "domain", multiple=True, inherited=False),
    known("zimbraGalSyncSizeLimit", whole(), "domain global", "30000"),
    known("zimbraGalSyncMaxConcurrentClients", whole(), "domain global", "2"),
)  # fmt: skip

MORE: tuple[Attribute, ...] = (*_DEVICE_CONTROL, *_SECOND_FACTORS, *_OTHERS)
"""The rows of this table."""

OTHER_SPELLINGS = {
    # The product's own misspelling is the name; who writes it right means the same.
    "zxmobile_useinstantnotifications": "zxmobile_useinstantnotficiations",
    # The manual's prose leaves a word out.
    "mobileantidosenabled": "mobileantidosserviceenabled",
    "mobileantidosjailduration": "mobileantidosservicejailduration",
    "mobileantidostimewindow": "mobileantidosservicetimewindow",
    "mobileantidosmaxrequests": "mobileantidosservicemaxrequests",
}
"""Other names of attributes, both in lower case."""
