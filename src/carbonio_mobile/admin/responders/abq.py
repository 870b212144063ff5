"""Answers to ``carbonio mobile ABQ …``.

Spec: ../shared/carbonio/cli.md 2.1; issue 4, section 3.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

from carbonio_mobile.admin.abqimport import read_import
from carbonio_mobile.admin.abqservice import AbqService, mode_of
from carbonio_mobile.admin.answers import Answer, Listing, Said, Tree, Value
from carbonio_mobile.admin.breathing import UNBROKEN, Breath
from carbonio_mobile.admin.calling import AdminCall, AdminFault, Respond
from carbonio_mobile.admin.declaring import shortened
from carbonio_mobile.admin.naming import account_named
from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.errors import NotFound
from carbonio_mobile.ids import AccountId, DeviceId, DeviceKey
from carbonio_mobile.interfaces import IAccounts
from carbonio_mobile.policy.abq import ANY_ACCOUNT, AbqMode, AbqRule, AbqStatus
from carbonio_mobile.policy.abqrules import RuleBook, in_order
from carbonio_mobile.policy.javaregex import PatternFault

WIDTH = 12
"""What keys are padded to in the manual's sample of ``ABQ list``."""

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

DomainNamed = Callable[[str], Awaitable[str]]
"""Gives the name of the domain that has this name or id. Raises: NotFound."""
SetGlobal = Callable[[str, str], Awaitable[object]]
"""Sets a global attribute."""
KnownDevices = Callable[[], AsyncIterator[DeviceKey]]
"""Gives the partnerships that the server knows."""


class AbqResponders:
    """Devices and rules."""

    def __init__(
        self,
        *,
        abq: AbqService,
        accounts: IAccounts,
        domain_named: DomainNamed,
        set_global: SetGlobal,
        known: KnownDevices,
        breath: Breath = UNBROKEN,
    ) -> None:
        self._abq = abq
        self._accounts = accounts
        self._domain_named = domain_named
        self._set_global = set_global
        self._known = known
        self._breath = breath

    def responders(self) -> Mapping[str, Respond]:
        """Give what answers each command."""
        return {
            "mobile ABQ allow": self.allow,
            "mobile ABQ block": self.block,
            "mobile ABQ set": self.set,
            "mobile ABQ delete": self.delete,
            "mobile ABQ list": self.list,
            "mobile ABQ import": self.import_file,
            "mobile ABQ explain": self.explain,
            "mobile ABQ listRules": self.list_rules,
            "mobile ABQ setRule": self.set_rule,
            "mobile ABQ deleteRule": self.delete_rule,
            "mobile ABQ setNotificationInterval": self.set_interval,
        }

    async def allow(self, call: AdminCall) -> Answer:
        """Allow a quarantined device."""
        return await self._settle(call, AbqStatus.ALLOWED)

    async def block(self, call: AdminCall) -> Answer:
        """Block a quarantined device."""
        return await self._settle(call, AbqStatus.BLOCKED)

    async def _settle(self, call: AdminCall, status: AbqStatus) -> Answer:
        device, account = _device(call), await self._account(call)
        if account is None:
            if not await self._abq.settle(device, status):
                raise AdminFault(_not_quarantined(device, status))
            return _told(device, "", status)
        table = self._abq.table
        decision = table.decide(device, account.id, account.domain, mode_of(account))
        if decision.status is not AbqStatus.QUARANTINED:
            raise AdminFault(f"{_not_quarantined(device, status)}; {decision.because}")
        await self._abq.set_status(device, account.id, status)
        return _told(device, account.name, status)

    async def set(self, call: AdminCall) -> Answer:
        """Give a device a status."""
        device, account = _device(call), await self._account(call)
        status = AbqStatus(call.text("status"))
        await self._abq.set_status(device, account.id if account else ANY_ACCOUNT, status)
        if account is not None:
            return _told(device, account.name, status)
        return _told(device, "", status, contrary=await self._abq.contrary(device, status))

    async def delete(self, call: AdminCall) -> Answer:
        """Take a device off the list, also for the id of an account that is gone."""
        device, text = _device(call), call.optional_text("account")
        try:
            account = await self._account(call)
            whose = account.id if account else ANY_ACCOUNT
        except NotFound:
            if text is None or not _UUID.fullmatch(text.strip().lower()):
                raise
            whose = AccountId(text.strip().lower())
        count = await self._abq.remove(device, whose)
        of = f" of {text}" if text else ""
        if not count:
            raise NotFound(f"device {device}{of} is not on the list")
        entries = "1 entry" if count == 1 else f"{count} entries"
        return Said(text=f"device {device}{of} deleted from the list ({entries})")

    async def list(self, call: AdminCall) -> Answer:
        """List devices."""
        text = call.optional_text("status")
        status = AbqStatus(text) if text is not None else None
        return Listing(heading="devices", rows=self._rows(status), width=WIDTH)

    async def _rows(self, status: AbqStatus | None) -> AsyncIterator[Mapping[str, Value]]:
        async for entry in self._abq.entries(status):
            row: dict[str, Value] = {"device_id": entry.device, "status": entry.status.value}
            if entry.account:
                row["account"] = await self._abq.name_of(entry.account)
            yield row

    async def import_file(self, call: AdminCall) -> Answer:
        """Give all devices of a file a status, or none."""
        status = AbqStatus(call.text("status"))
        couples = await read_import(call.upload, self._accounts, self._breath)

        count = len(couples)

        def tell(done: int) -> None:
            call.progress(done, count, "devices")

        await self._abq.set_many(couples, status, known=self._known, breath=self._breath, tell=tell)
        devices = "1 device" if count == 1 else f"{count} devices"
        return Said(text=f"{devices} imported as {status.value}", details={"count": count})

    async def explain(self, call: AdminCall) -> Answer:
        """Say what decides about a device."""
        device, account = _device(call), await self._account(call)
        said: dict[str, Value] = {"device_id": device}
        if account is not None:
            decision = self._abq.explain(device, account)
            said["account"] = account.name
            said["mode"] = mode_of(account).value
        else:
            decision = self._abq.table.decide(device, ANY_ACCOUNT, "", AbqMode.PERMISSIVE)
        if decision.unknown and account is None:
            said["status"] = "unknown"
            said["because"] = "no entry for any account and no rule of all domains: name an account"
        else:
            said["status"] = decision.status.value
            said["because"] = decision.because
        return Tree(content=said, width=WIDTH)

    async def list_rules(self, call: AdminCall) -> Answer:
        """List rules."""
        domain = await self._domain(call)
        rules = self._abq.table.book.rules
        found = in_order(rules, domain) if domain else rules
        return Listing(heading="rules", rows=_rule_rows(found), width=WIDTH)

    async def set_rule(self, call: AdminCall) -> Answer:
        """Add or change a rule, or say what it would change."""
        rule = AbqRule(
            pattern=call.text("regex"),
            status=AbqStatus(call.text("status")),
            order=call.number("order"),
            domain=await self._domain(call),
        )
        try:
            if call.flag("dry_run"):
                book = await self._abq.with_rule(rule)
                rows = self._changes(book)
                return Listing(heading="devices that would change", rows=rows, width=WIDTH)
            await self._abq.set_rule(rule)
        except PatternFault as exc:
            raise AdminFault(f"{shortened(rule.pattern)} cannot be a rule: {exc}") from exc
        where = f" for {rule.domain}" if rule.domain else ""
        return Said(text=f"rule {rule.pattern}{where} set to {rule.status.value}")

    async def _changes(self, book: RuleBook) -> AsyncIterator[Mapping[str, Value]]:
        table = self._abq.table
        async for key in self._known():
            try:
                account = await self._accounts.account(key.account)
            except NotFound:
                continue
            about = (key.device, account.id, account.domain, mode_of(account))
            before, after = table.decide(*about), table.decide_by(book, *about)
            if before.status is not after.status:
                yield {
                    "device_id": key.device,
                    "account": account.name,
                    "status": before.status.value,
                    "would_be": after.status.value,
                }

    async def delete_rule(self, call: AdminCall) -> Answer:
        """Remove a rule."""
        pattern, domain = call.text("regex"), await self._domain(call)
        await self._abq.delete_rule(pattern, domain)
        where = f" for {domain}" if domain else ""
        return Said(text=f"rule {pattern}{where} deleted")

    async def set_interval(self, call: AdminCall) -> Answer:
        """Say how often mails tell of new devices."""
        interval_ms = call.number("interval")
        await self._set_global("abqNotificationsInterval", str(interval_ms))
        if not interval_ms:
            return Said(text="notifications of quarantined devices are off")
        return Said(text=f"notification interval set to {interval_ms} ms")

    async def _account(self, call: AdminCall) -> Account | None:
        text = call.optional_text("account")
        return None if text is None else await account_named(self._accounts, text)

    async def _domain(self, call: AdminCall) -> str:
        text = call.optional_text("domain")
        return "" if text is None else await self._domain_named(text)


def _device(call: AdminCall) -> DeviceId:
    text = call.text("device_id").strip()
    if not DEVICE_ID.fullmatch(text):
        raise AdminFault(
            f"{shortened(text)} is no id of a device: 1 to 64 letters, digits, '-' or '_'"
        )
    return DeviceId(text.lower())


DEVICE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def _told(device: DeviceId, account: str, status: AbqStatus, *, contrary: int = 0) -> Said:
    of = f" of {account}" if account else ""
    text = f"device {device}{of} set to {status.value}"
    if contrary:
        text += f"; for {contrary} of its accounts the list says otherwise, and that comes first"
    return Said(text=text)


def _not_quarantined(device: DeviceId, status: AbqStatus) -> str:
    return (
        f"device {device} is not quarantined; to give it a status all the same:"
        f" carbonio mobile ABQ set {device} {status.value}"
    )


async def _rule_rows(
    rules: "tuple[AbqRule, ...] | list[AbqRule]",
) -> AsyncIterator[Mapping[str, Value]]:
    for rule in rules:
        row: dict[str, Value] = {
            "regex": rule.pattern,
            "status": rule.status.value,
            "order": rule.order,
        }
        if rule.domain:
            row["domain"] = rule.domain
        yield row
