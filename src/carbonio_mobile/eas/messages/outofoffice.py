"""The change of out-of-office settings that a device asks for.

Spec: MS-ASCMD 2.2.3.121 (Oof), 2.2.3.122 (OofMessage), 2.2.3.123 (OofState).
"""

from dataclasses import dataclass, replace

from carbonio_mobile.eas.status import SettingsStatus
from carbonio_mobile.eas.times import parse_datetime
from carbonio_mobile.sync.outofoffice import Audience, OofMessage, OofState, OutOfOffice
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import Settings

MAX_MESSAGE_CHARS = 65_536

_STATES = {str(state.value): state for state in OofState}
_FLAGS = {"0": False, "1": True}
AUDIENCE_TAGS = {
    Audience.INTERNAL: Settings.AppliesToInternal,
    Audience.EXTERNAL_KNOWN: Settings.AppliesToExternalKnown,
    Audience.EXTERNAL_UNKNOWN: Settings.AppliesToExternalUnknown,
}
_AUDIENCES = {tag: audience for audience, tag in AUDIENCE_TAGS.items()}

Messages = tuple[tuple[Audience, OofMessage], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OofChange:
    """What to change. None, or an absent audience, is left as it is; ``times`` in seconds, UTC."""

    state: OofState | None = None
    times: tuple[float, float] | None = None
    messages: Messages = ()

    def applied_to(self, settings: OutOfOffice) -> OutOfOffice | None:
        """Give the settings after the change, None where they would be timed without times.

        Times are kept for the timed state only (MS-ASCMD R7544).
        """
        state = self.state or settings.state
        start, end = self.times or (settings.start, settings.end)
        if state is not OofState.TIMED:
            start = end = None
        elif start is None or end is None:
            return None
        merged = dict(settings.messages) | dict(self.messages)
        return replace(
            settings,
            state=state,
            start=start,
            end=end,
            messages=tuple(
                (audience, merged[audience]) for audience in Audience if audience in merged
            ),
        )


def parse_change(change: Element) -> OofChange | SettingsStatus:
    """Read the Set of Oof, or give the status that refuses it."""
    state = _STATES.get(change.value(Settings.OofState, "").strip())
    if state is None and change.has(Settings.OofState):
        return SettingsStatus.INVALID_ARGUMENTS
    times = _times(change)
    if isinstance(times, SettingsStatus):
        return times
    messages = _messages(change)
    if isinstance(messages, SettingsStatus):
        return messages
    return OofChange(state=state, times=times, messages=messages)


def _times(change: Element) -> tuple[float, float] | SettingsStatus | None:
    """Both or neither (MS-ASCMD R2272, R3992), the end after the start."""
    start_text, end_text = change.value(Settings.StartTime), change.value(Settings.EndTime)
    if not start_text and not end_text:
        return None
    if not start_text or not end_text:
        return SettingsStatus.PROTOCOL_ERROR
    try:
        start, end = parse_datetime(start_text), parse_datetime(end_text)
    except ValueError:
        return SettingsStatus.INVALID_ARGUMENTS
    return (start, end) if start < end else SettingsStatus.CONFLICTING_ARGUMENTS


def _messages(change: Element) -> Messages | SettingsStatus:
    found: dict[Audience, OofMessage] = {}
    for element in change.find_all(Settings.OofMessage):
        message = _message(element)
        audiences = [_AUDIENCES[child.tag] for child in element if child.tag in _AUDIENCES]
        if isinstance(message, SettingsStatus):
            return message
        if not audiences:
            return SettingsStatus.PROTOCOL_ERROR
        for audience in audiences:
            if audience in found:  # MS-ASCMD R3526
                return SettingsStatus.CONFLICTING_ARGUMENTS
            found[audience] = message
    return tuple(found.items())


def _message(element: Element) -> OofMessage | SettingsStatus:
    text = element.value(Settings.ReplyMessage, "")
    form = element.value(Settings.BodyType, "").strip().lower()
    enabled = _FLAGS.get(element.value(Settings.Enabled, "0").strip())
    if text and not form:  # MS-ASCMD R1102
        return SettingsStatus.PROTOCOL_ERROR
    if enabled is None or form not in ("", "text", "html") or len(text) > MAX_MESSAGE_CHARS:
        return SettingsStatus.INVALID_ARGUMENTS
    return OofMessage(enabled=enabled, text=text, html=form == "html")
