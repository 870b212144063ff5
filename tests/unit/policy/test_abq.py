"""Who beats whom in ABQ, and which message is shown."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.ids import AccountId, DeviceId
from carbonio_mobile.policy.abq import AbqEntry, AbqMode, AbqRule, AbqStatus
from carbonio_mobile.policy.abqmessages import (
    BUILT_IN_LOCALES,
    GLOBAL,
    AbqMessage,
    MessageKey,
    built_in,
    chosen,
)
from carbonio_mobile.policy.abqtable import AbqTable

ALLOWED, BLOCKED, QUARANTINED = AbqStatus.ALLOWED, AbqStatus.BLOCKED, AbqStatus.QUARANTINED
DEVICE, ACCOUNT = DeviceId("android1"), AccountId("a-1")
STATUSES = st.none() | st.sampled_from(AbqStatus)


def entry(status: AbqStatus, account: str = "", *, found: bool = False) -> AbqEntry:
    """Make an entry of the device."""
    return AbqEntry(
        device=DEVICE, account=AccountId(account), status=status, since=1.0, found=found
    )


@given(STATUSES, STATUSES, STATUSES, STATUSES, st.sampled_from(AbqMode))
def test_precedence(
    couple: AbqStatus | None,
    device: AbqStatus | None,
    rule: AbqStatus | None,
    found: AbqStatus | None,
    mode: AbqMode,
) -> None:
    """Couples beat devices beat rules beat what the mode wrote down beats the mode."""
    table = AbqTable()
    if found is not None:
        table.put([entry(found, ACCOUNT, found=True)])
    if couple is not None:
        table.put([entry(couple, ACCOUNT)])
        found = None  # the list has one entry for each couple
    if device is not None:
        table.put([entry(device)])
    if rule is not None:
        table.set_rules([AbqRule(pattern="android.*", status=rule, order=1)])
    decision = table.decide(DEVICE, ACCOUNT, "example.com", mode)
    said = [status for status in (couple, device, rule, found) if status is not None]
    of_mode = {AbqMode.INTERACTIVE: QUARANTINED, AbqMode.STRICT: BLOCKED}.get(mode, ALLOWED)
    expected = ALLOWED if mode is AbqMode.DISABLED else [*said, of_mode][0]
    assert decision.status is expected
    assert decision.unknown == (not said and mode is not AbqMode.DISABLED)
    assert decision.because


@pytest.mark.parametrize(
    ("mode", "status"),
    [
        ("Permissive", ALLOWED),
        ("interactive", QUARANTINED),
        ("STRICT", BLOCKED),
        ("Disabled", ALLOWED),
        ("", ALLOWED),
    ],
)
def test_modes(mode: str, status: AbqStatus) -> None:
    """What becomes of a device that nobody knows."""
    found = AbqTable().decide(DEVICE, ACCOUNT, "example.com", AbqMode.named(mode))
    assert found.status is status


def test_others_are_not_concerned() -> None:
    """An entry of one account says nothing of another's, nor a domain's rule of another domain."""
    table = AbqTable()
    table.put([entry(BLOCKED, ACCOUNT)])
    table.set_rules([AbqRule(pattern="iph.*", status=BLOCKED, order=1, domain="x.org")])
    mode = AbqMode.PERMISSIVE
    assert table.decide(DEVICE, AccountId("a-2"), "x.org", mode).passes
    assert not table.decide(DeviceId("iphone"), ACCOUNT, "x.org", mode).passes
    assert table.decide(DeviceId("iphone"), ACCOUNT, "y.org", mode).passes
    table.take_out([(DEVICE, ACCOUNT)])
    assert len(table) == 0


def message(scope: str, locale: str) -> AbqMessage:
    """Make a message that says where it is from."""
    key = MessageKey(scope, BLOCKED, locale)
    return AbqMessage(key=key, subject=f"{scope}/{locale}", plain="x", changed=1.0)


def test_fallbacks_of_messages() -> None:
    """Domain in the locale, domain default, global in the locale, global default, built-in."""
    order = [
        ("example.com", "it_IT"),
        ("example.com", "it"),
        ("example.com", "default"),
        (GLOBAL, "it_IT"),
        (GLOBAL, "it"),
        (GLOBAL, "default"),
    ]
    there = {message(*each).key: message(*each) for each in [*order, ("other.org", "it")]}
    for scope, locale in order:
        assert chosen(there, BLOCKED, "example.com", "it_IT").subject == f"{scope}/{locale}"
        del there[MessageKey(scope, BLOCKED, locale)]
    last = chosen(there, BLOCKED, "example.com", "it_IT")
    assert last.subject == built_in(MessageKey(GLOBAL, BLOCKED, "it")).subject


def test_what_a_message_leaves_out() -> None:
    """Is said as the built-in text in the user's language says it."""
    key = MessageKey(GLOBAL, BLOCKED, "default")
    bare = AbqMessage(key=key, sender="it@example.com")
    found = chosen({key: bare}, BLOCKED, "example.com", "de")
    assert (found.sender, found.subject) == (
        "it@example.com",
        built_in(key._replace(locale="de")).subject,
    )
    html = replace(bare, html="<p>x</p>")
    assert chosen({key: html}, BLOCKED, "example.com", "de").plain == ""


@pytest.mark.parametrize("kind", [BLOCKED, QUARANTINED])
def test_built_in_texts(kind: AbqStatus) -> None:
    """They differ by language, and an unknown language has the English one."""
    texts = {built_in(MessageKey(GLOBAL, kind, locale)).plain for locale in BUILT_IN_LOCALES}
    assert len(texts) == len(BUILT_IN_LOCALES) == 5
    english = built_in(MessageKey(GLOBAL, kind, "en")).plain
    assert built_in(MessageKey(GLOBAL, kind, "tlh")).plain == english
