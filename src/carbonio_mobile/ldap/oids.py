"""The numbers of controls, extended operations and features."""

from typing import Final

PAGED_RESULTS: Final = "1.2.840.113556.1.4.319"
"""RFC 2696; request and answer."""
SORT: Final = "1.2.840.113556.1.4.473"
SORTED: Final = "1.2.840.113556.1.4.474"
"""RFC 2891; request and answer."""
VIEW: Final = "2.16.840.1.113730.3.4.9"
VIEWED: Final = "2.16.840.1.113730.3.4.10"
"""Virtual list view, draft-ietf-ldapext-ldapv3-vlv-09; request and answer."""
MANAGE_DSA_IT: Final = "2.16.840.1.113730.3.4.2"
"""RFC 3296: entries that refer elsewhere as themselves; there are none here."""

START_TLS: Final = "1.3.6.1.4.1.1466.20037"
"""RFC 4511 4.14."""
WHO_AM_I: Final = "1.3.6.1.4.1.4203.1.11.3"
"""RFC 4532."""
PASSWORD_MODIFY: Final = "1.3.6.1.4.1.4203.1.11.1"  # noqa: S105 it is no password
"""RFC 3062."""
NOTICE_OF_DISCONNECTION: Final = "1.3.6.1.4.1.1466.20036"
"""RFC 4511 4.4.1."""

ALL_OPERATIONAL: Final = "1.3.6.1.4.1.4203.1.5.1"
"""RFC 3673: ``+`` asks for all operational attributes."""
TRUE_AND_FALSE: Final = "1.3.6.1.4.1.4203.1.5.3"
"""RFC 4526: filters ``(&)`` and ``(|)``."""
