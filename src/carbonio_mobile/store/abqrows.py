"""ABQ as rows of the state database, and the statements for them."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, bindparam, delete, func, select, tuple_
from sqlalchemy.dialects.sqlite import insert

from carbonio_mobile.ids import AccountId, DeviceId
from carbonio_mobile.policy.abq import AbqEntry, AbqRule, AbqStatus
from carbonio_mobile.policy.abqmessages import AbqMessage, MessageKey
from carbonio_mobile.store.schema import ABQ_ENTRIES, ABQ_MESSAGES, ABQ_RULES
from carbonio_mobile.store.sqlite import DIALECT, upsert
from carbonio_mobile.store.statements import Statement

_ENTRY = ABQ_ENTRIES.c
_KEY = (_ENTRY.device, _ENTRY.account)
MESSAGE_FIELDS = ("sender", "reply_to", "subject", "plain", "html", "changed")


def _page(*, by_status: bool) -> Select[Any]:
    found = select(ABQ_ENTRIES).where(
        tuple_(*_KEY) > tuple_(bindparam("device"), bindparam("account"))
    )
    if by_status:
        found = found.where(_ENTRY.status == bindparam("status"))
    return found.order_by(*_KEY).limit(bindparam("most")).offset(bindparam("offset"))


_OF_MESSAGE = (
    (ABQ_MESSAGES.c.scope == bindparam("scope"))
    & (ABQ_MESSAGES.c.kind == bindparam("kind"))
    & (ABQ_MESSAGES.c.locale == bindparam("locale"))
)
_OF_RULE = (ABQ_RULES.c.pattern == bindparam("pattern")) & (
    ABQ_RULES.c.domain == bindparam("domain")
)

PAGE = Statement(_page(by_status=False), DIALECT)
PAGE_OF_STATUS = Statement(_page(by_status=True), DIALECT)
OF_DEVICE = Statement(
    select(ABQ_ENTRIES).where(_ENTRY.device == bindparam("device")).order_by(_ENTRY.account),
    DIALECT,
)
SAVE_ENTRY = Statement(upsert(ABQ_ENTRIES), DIALECT)
ADD_ENTRY = Statement(
    insert(ABQ_ENTRIES)
    .values({column.name: bindparam(column.name) for column in ABQ_ENTRIES.columns})
    .on_conflict_do_nothing(),
    DIALECT,
)
DELETE_ENTRY = Statement(
    delete(ABQ_ENTRIES).where(
        _ENTRY.device == bindparam("device"), _ENTRY.account == bindparam("account")
    ),
    DIALECT,
)
COUNT = Statement(select(func.count()).select_from(ABQ_ENTRIES), DIALECT)
COUNT_OF_STATUS = Statement(
    select(func.count()).select_from(ABQ_ENTRIES).where(_ENTRY.status == bindparam("status")),
    DIALECT,
)
RULES = Statement(
    select(ABQ_RULES).order_by(ABQ_RULES.c.position, ABQ_RULES.c.domain, ABQ_RULES.c.pattern),
    DIALECT,
)
SAVE_RULE = Statement(upsert(ABQ_RULES), DIALECT)
DELETE_RULE = Statement(delete(ABQ_RULES).where(_OF_RULE), DIALECT)
MESSAGES = Statement(
    select(ABQ_MESSAGES).order_by(ABQ_MESSAGES.c.scope, ABQ_MESSAGES.c.kind, ABQ_MESSAGES.c.locale),
    DIALECT,
)
SAVE_MESSAGE = Statement(upsert(ABQ_MESSAGES), DIALECT)
DELETE_MESSAGE = Statement(delete(ABQ_MESSAGES).where(_OF_MESSAGE), DIALECT)


def entry_to_row(entry: AbqEntry) -> dict[str, Any]:
    """Give the columns of an entry."""
    return {
        "device": entry.device,
        "account": entry.account,
        "status": entry.status.value,
        "since": entry.since,
        "found": int(entry.found),
    }


def entry_from_row(row: tuple[Any, ...]) -> AbqEntry:
    """Read an entry back."""
    device, account, status, since, found = row
    return AbqEntry(
        device=DeviceId(device),
        account=AccountId(account),
        status=AbqStatus(status),
        since=since,
        found=bool(found),
    )


def rule_to_row(rule: AbqRule) -> dict[str, Any]:
    """Give the columns of a rule."""
    return {
        "pattern": rule.pattern,
        "domain": rule.domain,
        "status": rule.status.value,
        "position": rule.order,
    }


def rule_from_row(row: tuple[Any, ...]) -> AbqRule:
    """Read a rule back."""
    pattern, domain, status, position = row
    return AbqRule(pattern=pattern, domain=domain, status=AbqStatus(status), order=position)


def key_to_row(key: MessageKey) -> dict[str, str]:
    """Give the columns that name a message."""
    return {"scope": key.scope, "kind": key.kind.value, "locale": key.locale}


def message_to_row(message: AbqMessage) -> dict[str, str]:
    """Give the columns of a message."""
    record = {name: getattr(message, name) for name in MESSAGE_FIELDS}
    return {**key_to_row(message.key), "record": json.dumps(record)}


def message_from_row(row: tuple[Any, ...]) -> AbqMessage:
    """Read a message back; what a later version wrote besides is left out."""
    scope, kind, locale, record = row
    said: Mapping[str, Any] = json.loads(record)
    fields = {name: said[name] for name in MESSAGE_FIELDS if name in said}
    return AbqMessage(key=MessageKey(scope, AbqStatus(kind), locale), **fields)
