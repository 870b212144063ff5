"""Answers to the commands for what blocked and quarantined devices find.

Spec: ../shared/carbonio/cli.md 2.2.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from carbonio_mobile.admin.abqservice import AbqService
from carbonio_mobile.admin.answers import Answer, Listing, Said, Value, each
from carbonio_mobile.admin.calling import AdminCall, AdminFault, Respond
from carbonio_mobile.admin.responders.abq import DomainNamed
from carbonio_mobile.directory.texts import is_one_line
from carbonio_mobile.errors import NotFound
from carbonio_mobile.mime.addresses import parse_address_text
from carbonio_mobile.policy.abq import AbqStatus
from carbonio_mobile.policy.abqmessages import (
    BUILT_IN_LOCALES,
    DEFAULT_LOCALE,
    GLOBAL,
    AbqMessage,
    MessageKey,
    built_in,
)

MAX_BODY_BYTES = 256 << 10
MAX_HEADER_CHARS = 500
MAX_MESSAGES = 2000
"""So many messages there may be, over all domains and locales; they are held in memory."""

_KINDS = {"blocked": AbqStatus.BLOCKED, "quarantined": AbqStatus.QUARANTINED}
_FIELDS = {"from": "sender", "reply_to": "reply_to", "subject": "subject"}
_BODIES = {"body_plain": "plain", "body_html": "html"}


class AbqMessageResponders:
    """The messages by scope, type and locale."""

    def __init__(
        self, *, abq: AbqService, domain_named: DomainNamed, clock: Callable[[], float]
    ) -> None:
        self._abq = abq
        self._domain_named = domain_named
        self._clock = clock

    def responders(self) -> Mapping[str, Respond]:
        """Give what answers each command."""
        of_both: dict[str, Respond] = {
            "setABQMessage": self.set,
            "getABQMessage": self.get,
            "deleteABQMessage": self.delete,
            "duplicateABQMessage": self.duplicate,
        }
        found = {
            f"mobile {word} {scope}": respond
            for word, respond in of_both.items()
            for scope in ("domain", "global")
        }
        return {**found, "mobile initABQMessage": self.init}

    async def set(self, call: AdminCall) -> Answer:
        """Write a message; what is not given stays as it is."""
        key = await self._key(call, "locale")
        before = self._abq.messages.get(key)
        fields = {
            ours: self._header(call, theirs)
            for theirs, ours in _FIELDS.items()
            if call.optional_text(theirs) is not None
        }
        fields |= await self._bodies(call)
        if not fields:
            raise AdminFault("nothing to set: expected from, reply_to, subject or a body")
        self._check_default(key)
        message = replace(before or AbqMessage(key=key), **fields, changed=self._clock())  # type: ignore[arg-type]
        await self._store([message])
        return Said(text=f"message {_named(key)} set")

    @staticmethod
    def _header(call: AdminCall, name: str) -> str:
        text = call.text(name).strip()
        if len(text) > MAX_HEADER_CHARS or not is_one_line(text):
            raise AdminFault(f"{name}: expected one line of up to {MAX_HEADER_CHARS} characters")
        if text and name != "subject" and "@" not in str(parse_address_text(text)):
            raise AdminFault(f"{name}: expected an e-mail address")
        return text

    async def _bodies(self, call: AdminCall) -> dict[str, str]:
        files = [name for name in _BODIES if call.optional_text(f"{name}_file") is not None]
        if len(files) > 1:
            raise AdminFault(
                "one file at a time: give the second with another setABQMessage, which keeps"
                " what is there"
            )
        found: dict[str, str] = {}
        for theirs, ours in _BODIES.items():
            text = call.optional_text(theirs)
            if text is not None and theirs in files:
                raise AdminFault(f"either {theirs} or {theirs}_file")
            if theirs in files:
                found[ours] = await _file(call, theirs)
            elif text is not None:
                found[ours] = _bounded(text.encode(), theirs).decode()
        return found

    def _check_default(self, key: MessageKey) -> None:
        default = key._replace(locale=DEFAULT_LOCALE)
        if key != default and default not in self._abq.messages:
            raise AdminFault(
                f"there is no message {_named(default)} yet, and it must be there before any other"
            )

    async def _store(self, messages: list[AbqMessage]) -> None:
        keys = {message.key for message in messages} | set(self._abq.messages)
        if len(keys) > MAX_MESSAGES:
            raise AdminFault(f"there are {MAX_MESSAGES} messages already, and no room for more")
        await self._abq.set_messages(messages)

    async def get(self, call: AdminCall) -> Answer:
        """Show a message, or those of all locales."""
        key = await self._key(call, "locale")
        found = [
            message
            for message in self._abq.messages.values()
            if message.key[:2] == key[:2] and key.locale in ("all", message.key.locale)
        ]
        if not found and key.locale != "all":
            raise NotFound(f"there is no message {_named(key)}")
        found.sort(key=lambda message: (message.key.locale != DEFAULT_LOCALE, message.key.locale))
        return Listing(heading="messages", rows=each(map(_row, found)))

    async def delete(self, call: AdminCall) -> Answer:
        """Remove a message; those of other locales stay, and are still shown."""
        key = await self._key(call, "locale")
        if key not in self._abq.messages:
            raise NotFound(f"there is no message {_named(key)}")
        await self._abq.delete_messages([key])
        others = sorted(other.locale for other in self._abq.messages if other[:2] == key[:2])
        stay = f"; there are others yet: {', '.join(others)}" if others else ""
        return Said(text=f"message {_named(key)} deleted{stay}")

    async def duplicate(self, call: AdminCall) -> Answer:
        """Copy a message to another locale, in place of what is there."""
        source, target = await self._key(call, "locale_from"), await self._key(call, "locale_to")
        message = self._abq.messages.get(source)
        if message is None:
            raise NotFound(f"there is no message {_named(source)}")
        if source == target:
            raise AdminFault("the two locales are the same")
        self._check_default(target)
        await self._store([replace(message, key=target, changed=self._clock())])
        return Said(text=f"message {_named(source)} duplicated to {target.locale}")

    async def init(self, _call: AdminCall) -> Answer:
        """Write the built-in texts as global messages; those that are there stay."""
        keys = [
            MessageKey(GLOBAL, kind, locale)
            for kind in _KINDS.values()
            for locale in (DEFAULT_LOCALE, *BUILT_IN_LOCALES)
        ]
        new = [
            replace(built_in(key), changed=self._clock())
            for key in keys
            if key not in self._abq.messages
        ]
        await self._store(new)
        kept = len(keys) - len(new)
        return Said(text=f"{len(new)} messages initialised, {kept} were there already")

    async def _key(self, call: AdminCall, locale: str) -> MessageKey:
        scope = GLOBAL
        if call.command.words[-1] == "domain":
            scope = await self._domain_named(call.text("domain"))
        return MessageKey(scope, _KINDS[call.text("type")], call.text(locale))


async def _file(call: AdminCall, name: str) -> str:
    octets = b""
    async for piece in call.upload:
        octets = _bounded(octets + piece, name)
    try:
        return octets.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise AdminFault(f"{name}_file: expected text in UTF-8") from exc


def _bounded(octets: bytes, name: str) -> bytes:
    if len(octets) > MAX_BODY_BYTES:
        raise AdminFault(f"{name}: longer than {MAX_BODY_BYTES >> 10} KiB")
    return octets


def _named(key: MessageKey) -> str:
    return f"{key.scope or 'global'} {key.kind.value.lower()} {key.locale}"


def _row(message: AbqMessage) -> Mapping[str, Value]:
    row: dict[str, Value] = {"locale": message.key.locale, "type": message.key.kind.value.lower()}
    if message.key.scope:
        row["domain"] = message.key.scope
    said = {"from": message.sender, "reply_to": message.reply_to, "subject": message.subject}
    said |= {"body_plain": message.plain, "body_html": message.html}
    return {**row, **{name: text for name, text in said.items() if text}}
