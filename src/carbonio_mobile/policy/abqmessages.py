"""What a blocked or quarantined device finds in its Inbox: the texts, and which of them is shown.

Spec: ../shared/carbonio/cli.md 2.2.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from carbonio_mobile.policy.abq import AbqStatus
from carbonio_mobile.policy.abqtexts import BUILT_IN

DEFAULT_LOCALE = "default"
GLOBAL = ""
"""The scope of all domains."""

BUILT_IN_LOCALES = tuple(sorted({locale for _, locale in BUILT_IN}))


class MessageKey(NamedTuple):
    """What names a message. ``scope`` is a domain's name or :data:`GLOBAL`.

    ``locale`` is as Java writes it (``it``, ``en_US``), or ``default``.
    """

    scope: str
    kind: AbqStatus
    locale: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AbqMessage:
    """A message as it was set; what is empty is said as the built-in text says it.

    ``changed`` is when it was last set; 0 for the built-in ones.
    """

    key: MessageKey
    sender: str = ""
    reply_to: str = ""
    subject: str = ""
    plain: str = field(default="", repr=False)
    html: str = field(default="", repr=False)
    changed: float = 0.0


def built_in(key: MessageKey) -> AbqMessage:
    """Give the text that comes with the program, in the language of a locale or in English."""
    for locale in (*_narrowing(key.locale), "en"):
        found = BUILT_IN.get((key.kind, locale))
        if found is not None:
            return AbqMessage(key=key, subject=found[0], plain=found[1])
    raise KeyError(key.kind)


def chosen(
    messages: Mapping[MessageKey, AbqMessage], kind: AbqStatus, domain: str, locale: str
) -> AbqMessage:
    """Give the message for a user of a domain, with every field that it needs but the sender.

    The domain's in the locale, the domain's default, the global one in the locale, the global
    default, the built-in text; a locale is also met by its language.
    """
    for scope in dict.fromkeys((domain, GLOBAL)):
        for name in (*_narrowing(locale), DEFAULT_LOCALE):
            found = messages.get(MessageKey(scope, kind, name))
            if found is not None:
                return _completed(found, locale if name == DEFAULT_LOCALE else name)
    return built_in(MessageKey(GLOBAL, kind, locale))


def _completed(message: AbqMessage, locale: str) -> AbqMessage:
    base = built_in(message.key._replace(locale=locale))
    says_body = message.plain or message.html
    return replace(
        message,
        subject=message.subject or base.subject,
        plain=message.plain if says_body else base.plain,
    )


def _narrowing(locale: str) -> Iterator[str]:
    """Give a locale, then less and less of it: ``en_US_x``, ``en_US``, ``en``."""
    parts = locale.replace("-", "_").split("_")
    for count in range(len(parts), 0, -1):
        yield "_".join(parts[:count])
