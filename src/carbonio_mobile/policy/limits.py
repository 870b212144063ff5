"""The limits of the policy that the server keeps by itself, since a device may ignore them.

Spec: MS-ASPROV 2.2.2.7, 2.2.2.23, 2.2.2.31, 2.2.2.33 to 2.2.2.35; ../shared/carbonio/mdm.md 2.
"""

from dataclasses import dataclass, replace

from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.eas.bodyoptions import BodyOptions, BodyPreference, BodyType, MimeSupport
from carbonio_mobile.policy.document import policy_of
from carbonio_mobile.policy.settings import whole
from carbonio_mobile.wbxml.codepages import Provision

_KB = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncLimits:
    """What may be synchronised.

    The filters are FilterType values, the furthest that a device may ask for; 0 is everything.
    Truncations are in octets of UTF-8, None for no limit; 0 leaves the header alone.
    ``max_attachment_bytes`` None is no limit: no attribute of the directory sets one.
    """

    email_filter_max: int = 0
    calendar_filter_max: int = 0
    plain_truncation_bytes: int | None = None
    html_truncation_bytes: int | None = None
    html_allowed: bool = True
    attachments_allowed: bool = True
    max_attachment_bytes: int | None = None

    def capped_filter(self, filter_type: int, class_name: str) -> int:
        """Give the FilterType to work with for one asked for, by the class of the collection.

        One that reaches further than allowed becomes the furthest that is; 0 reaches furthest.
        Other classes than Email and Calendar have no limit.
        """
        furthest = {"Email": self.email_filter_max, "Calendar": self.calendar_filter_max}
        return min((filter_type, furthest.get(class_name, 0)), key=_reach)


def _reach(filter_type: int) -> int:
    """FilterTypes grow with their reach, but for 0, which is everything."""
    return filter_type or 1 << 16


def limits_of(account: Account) -> SyncLimits:
    """Give the limits that the attributes of an account set."""
    policy = policy_of(account)
    return SyncLimits(
        email_filter_max=max(whole(policy.text(Provision.MaxEmailAgeFilter)), 0),
        calendar_filter_max=max(whole(policy.text(Provision.MaxCalendarAgeFilter)), 0),
        plain_truncation_bytes=_octets(policy.text(Provision.MaxEmailBodyTruncationSize)),
        html_truncation_bytes=_octets(policy.text(Provision.MaxEmailHTMLBodyTruncationSize)),
        html_allowed=policy.text(Provision.AllowHTMLEmail) != "0",
        attachments_allowed=policy.text(Provision.AttachmentsEnabled) != "0",
    )


def _octets(kilobytes: str) -> int | None:
    number = whole(kilobytes)
    return None if number < 0 else number * _KB


def narrowed(options: BodyOptions, limits: SyncLimits) -> BodyOptions:
    """Give the wishes for bodies of mail as the limits let them be.

    Without HTML all that could carry it becomes plain text: HTML, RTF, MIME, parts. A message as
    MIME holds both forms, so that the looser of the two truncations holds for it.
    """
    if not limits.html_allowed:
        options = _without_html(options)
    if limits.plain_truncation_bytes is None and limits.html_truncation_bytes is None:
        return options
    caps = _caps(limits)
    html = limits.html_truncation_bytes
    stated = options.preferences
    if not stated and not options.part_preferences:
        stated = (BodyPreference(type=BodyType.PLAIN),)  # what no wishes mean
    return replace(
        options,
        preferences=tuple(_capped(one, caps[one.type]) for one in stated),
        part_preferences=tuple(_capped(one, html) for one in options.part_preferences),
        mime_truncation=_smaller(options.mime_truncation, caps[BodyType.MIME]),
        # Counted in characters, the only unit of 2.5: none is shorter than an octet.
        native_truncation=_smaller(options.native_truncation, limits.plain_truncation_bytes),
    )


def _caps(limits: SyncLimits) -> dict[BodyType, int | None]:
    plain, html = limits.plain_truncation_bytes, limits.html_truncation_bytes
    either = None if plain is None or html is None else max(plain, html)
    return {BodyType.PLAIN: plain, BodyType.HTML: html, BodyType.RTF: html, BodyType.MIME: either}


def _smaller(one: int | None, other: int | None) -> int | None:
    known = [size for size in (one, other) if size is not None]
    return min(known) if known else None


def _capped(preference: BodyPreference, cap: int | None) -> BodyPreference:
    return preference if cap is None else preference.within(cap)


def _without_html(options: BodyOptions) -> BodyOptions:
    """Keep the wish for plain text, or make the first other one a wish for that."""
    plain = options.preference(BodyType.PLAIN)
    if plain is None and options.preferences:
        # A limit on HTML or MIME says little of text, but it is all that the device said.
        plain = replace(options.preferences[0], type=BodyType.PLAIN)
    if plain is None and options.part_preferences:
        plain = replace(options.part_preferences[0], type=BodyType.PLAIN)
    return replace(
        options,
        preferences=() if plain is None else (plain,),
        part_preferences=(),
        mime_support=MimeSupport.NEVER,
    )
