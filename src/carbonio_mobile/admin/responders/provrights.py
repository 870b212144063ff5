"""The commands of ``carbonio prov`` that give rights, take them and list them.

Spec: ../shared/carbonio/cli.md 5 (grantRight); ../shared/carbonio/admin-panel.md 4 (delegates).
"""

from collections.abc import Mapping, Sequence

from carbonio_mobile.admin.answers import Answer, Lines, Said, each
from carbonio_mobile.admin.calling import AdminCall, AdminFault, Respond
from carbonio_mobile.admin.declaring import nearest, shortened
from carbonio_mobile.directory.provisioning import EVERYBODY, RIGHTS, Grant
from carbonio_mobile.interfaces import IProvisioning

_TARGETS = {"account": True, "dl": True, "domain": True, "cos": True, "global": False}
"""The types of targets, and whether one is named after the type."""

_GRANTEES = {"usr": "account", "grp": "dl", "dom": "domain", "cos": "cos", "all": EVERYBODY}
_WORDS = {kind: word for word, kind in _GRANTEES.items()}


class RightCommands:
    """Answers grantRight, revokeRight and getGrants."""

    def __init__(self, provisioning: IProvisioning) -> None:
        self._directory = provisioning

    def responders(self) -> Mapping[str, Respond]:
        """Give the function of each command, by its full name."""
        return {
            "prov grantRight": self._grant,
            "prov revokeRight": self._revoke,
            "prov getGrants": self._list,
        }

    async def _grant(self, call: AdminCall) -> Answer:
        grant = read_grant(call.texts("words"))
        await self._directory.grant(grant)
        return Said(text=f"right {grant.right} granted")

    async def _revoke(self, call: AdminCall) -> Answer:
        grant = read_grant(call.texts("words"))
        await self._directory.revoke(grant)
        return Said(text=f"right {grant.right} revoked")

    async def _list(self, call: AdminCall) -> Answer:
        words = list(call.texts("words"))
        kind, target = _read_target(words)
        _end(words)
        found = await self._directory.grants(kind, target)
        return Lines(rows=each(map(_line, found)))


def _line(grant: Grant) -> str:
    target = grant.target_kind if grant.target_kind == "global" else _both(grant)
    grantee = _WORDS[grant.grantee_kind]
    if grant.grantee_kind != EVERYBODY:
        grantee = f"{grantee} {grant.grantee}"
    return f"{target} {grantee} {grant.right}"


def _both(grant: Grant) -> str:
    return f"{grant.target_kind} {grant.target}"


def read_grant(given: Sequence[str]) -> Grant:
    """Read ``TARGET-TYPE [TARGET] GRANTEE-TYPE [GRANTEE] RIGHT``. Raises: AdminFault."""
    words = list(given)
    kind, target = _read_target(words)
    word = _one_of(words, tuple(_GRANTEES), "a type of grantee")
    grantee = "" if word == "all" else _next(words, "the grantee")
    right = _one_of(words, RIGHTS, "a right")
    _end(words)
    return Grant(
        target_kind=kind,
        target=target,
        grantee_kind=_GRANTEES[word],
        grantee=grantee,
        right=right,
    )


def _read_target(words: list[str]) -> tuple[str, str]:
    kind = _one_of(words, tuple(_TARGETS), "a type of target")
    return kind, _next(words, "the target") if _TARGETS[kind] else ""


def _next(words: list[str], what: str) -> str:
    if not words:
        raise AdminFault(
            f"{what} is missing; expected TARGET-TYPE [TARGET] GRANTEE-TYPE [GRANTEE] RIGHT"
        )
    return words.pop(0)


def _one_of(words: list[str], known: Sequence[str], what: str) -> str:
    word = _next(words, what)
    spelt = {each.lower(): each for each in known}
    if word.lower() not in spelt:
        near = nearest(word, known)
        hint = f"; did you mean {near}?" if near else ""
        raise AdminFault(f"expected {what}, one of {', '.join(known)}, got {shortened(word)}{hint}")
    return spelt[word.lower()]


def _end(words: list[str]) -> None:
    if words:
        raise AdminFault(f"nothing more was expected, got {shortened(words[0])}")
