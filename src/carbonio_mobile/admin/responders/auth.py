"""Answers the commands about mobile passwords, tokens and trusted devices.

Spec: ../shared/carbonio/cli.md 4.
"""

import json
from collections.abc import AsyncIterator, Mapping

from carbonio_mobile.admin.answers import Answer, Listing, Said, Value, each
from carbonio_mobile.admin.calling import AdminCall, AdminFault, Respond
from carbonio_mobile.admin.credentialimport import wishes_of
from carbonio_mobile.admin.naming import account_named
from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.directory.credentials import (
    Credential,
    CredentialChange,
    CredentialWish,
    Issued,
)
from carbonio_mobile.interfaces import IAccounts, ICredentials

IMPORT_MAX_BYTES = 1 << 18
"""Many times what as many records take as an account may have."""


class AuthCommands:
    """Adds, lists, changes and removes mobile passwords."""

    def __init__(self, *, accounts: IAccounts, credentials: ICredentials) -> None:
        self._accounts = accounts
        self._credentials = credentials

    def responders(self) -> Mapping[str, Respond]:
        """Give who answers what."""
        return {
            "auth credential add": self._add,
            "auth credential list": self._list,
            "auth credential update": self._update,
            "auth credential delete": self._delete,
            "auth credential import": self._import,
            "auth trustedDevice list": self._list_nothing,
            "auth trustedDevice delete": self._no_devices,
            "auth token list": self._list_nothing,
            "auth token invalidate": self._no_tokens,
        }

    async def _add(self, call: AdminCall) -> Answer:
        account = await self._account(call)
        wish = CredentialWish(
            label=call.optional_text("label") or "",
            services=call.texts("service"),
            password=call.optional_text("password"),
            hash=call.optional_text("hash"),
            algorithm=call.text("algorithm"),
        )
        with_code = call.flag("qrcode")
        if with_code and wish.hash is not None:
            raise AdminFault("qrcode: a hash holds no password to show; expected qrcode false")
        (issued,) = await self._credentials.add(account.id, [wish])
        return Said(text="Credential correctly added", details=_issued(account, issued, with_code))

    async def _list(self, call: AdminCall) -> Answer:
        account = await self._account(call)
        found = await self._credentials.of(account.id)
        return Listing(heading="list", rows=each(_row(credential) for credential in found))

    async def _update(self, call: AdminCall) -> Answer:
        account = await self._account(call)
        change = CredentialChange(
            label=call.optional_text("label"),
            enabled=call.optional_flag("enabled"),
            services=call.texts("service") or None,
        )
        if change == CredentialChange():
            raise AdminFault(
                f"{call.command.name}: nothing to change, expected label, enabled or service"
            )
        changed = await self._credentials.update(account.id, call.text("password_id"), change)
        return Said(text=f"Credential {changed.id} updated", details={"values": _row(changed)})

    async def _delete(self, call: AdminCall) -> Answer:
        account, credential = await self._account(call), call.text("password_id")
        await self._credentials.delete(account.id, credential)
        return Said(text=f"Credential {credential} of {account.name} deleted")

    async def _import(self, call: AdminCall) -> Answer:
        account = await self._account(call)
        wishes = wishes_of(await _whole(call.upload))
        added = await self._credentials.add(account.id, wishes)
        return Said(
            text=f"{len(added)} credentials of {account.name} imported",
            details={"list": [_row(issued.credential) for issued in added]},
        )

    # Phones send name and password with each request: there is no session to show or end.

    async def _list_nothing(self, call: AdminCall) -> Answer:
        await self._account(call)
        return Listing(heading="list", rows=each(()))

    async def _no_devices(self, call: AdminCall) -> Answer:
        account = await self._account(call)
        return Said(
            text=f"{account.name} has no trusted devices: ActiveSync knows mobile passwords and "
            "trusted addresses instead; nothing changed"
        )

    async def _no_tokens(self, call: AdminCall) -> Answer:
        account = await self._account(call)
        return Said(
            text=f"{account.name} has no tokens: ActiveSync sends the password with each request, "
            "and a changed or deleted one ends at once; nothing changed"
        )

    async def _account(self, call: AdminCall) -> Account:
        return await account_named(self._accounts, call.text("account"))


def _issued(account: Account, issued: Issued, with_code: bool) -> dict[str, Value]:
    details: dict[str, Value] = {"list": _row(issued.credential)}
    if not issued.password:
        return details
    text_data = {
        "auth_method": "password",
        "password": issued.password,
        "user": account.name,
    }
    details["text_data"] = text_data
    if with_code:
        details["qrcode_data"] = json.dumps(text_data)
    return details


def _row(credential: Credential) -> dict[str, Value]:
    return {
        "generated": credential.generated,
        "created": round(credential.created * 1000),
        "label": credential.label,
        "id": credential.id,
        "services": ", ".join(credential.services),
        "hash": credential.hash,
        "enabled": credential.enabled,
        "algorithm": credential.algorithm,
    }


async def _whole(upload: AsyncIterator[bytes]) -> bytes:
    """Give all octets of a file. Raises: AdminFault where it is too large."""
    octets = bytearray()
    async for piece in upload:
        octets += piece
        if len(octets) > IMPORT_MAX_BYTES:
            raise AdminFault(f"input_file: expected at most {IMPORT_MAX_BYTES} octets")
    return bytes(octets)
