"""The state of one collection of one device, its two generations, and its sync keys.

A request with the current key starts from the current generation; one with the previous key is a
repeat (the answer was lost) and starts from the previous one. Any other key is refused.

A key is ``<chain>.<count>.<digest>``: the chain is drawn when the device starts from key 0, the
digest is that of the generation. So a repeat that leads to the same generation gets the same key,
and one that leads to another gets another: two answers that differ never carry the same key.

Spec: MS-ASCMD 2.2.3.181.4 (SyncKey in Sync); design.md section 4 (P1, P2).
"""

import json
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any
from zlib import crc32

from carbonio_mobile.errors import Corrupt
from carbonio_mobile.ids import ChangeToken, FolderId, ItemId, ItemVersion, PartId
from carbonio_mobile.sync.changes import NEWEST, OLDEST, Position
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.sync.ranges import RangeSet
from carbonio_mobile.sync.weaving import Weaving

FORMAT = 1

STATE_UNSURE = ItemVersion("")
"""Stands among the echoes for an item whose content the device has, but perhaps not its state."""
ALL_UNSURE = ItemVersion("*")
"""The same for an item that the device has in some form: all of it shall be told as a Change."""


class Undo(Enum):
    """How what a device did by itself is undone: its item goes, its change, or its deletion."""

    ADD = "add"
    CHANGE = "change"
    DELETE = "delete"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandResult:
    """What became of one command of a device, kept so that a repeat gets the same answer.

    ``item`` and ``version`` are what the command left in the collection, where it left something;
    ``parts`` the attachments that it added. ``undo``: it was refused, and the device is to be
    brought back to what there is.
    """

    status: int
    item: ItemId | None = None
    version: ItemVersion | None = None
    removed: bool = False
    parts: tuple[PartId, ...] = ()
    undo: Undo | None = None


@dataclass(slots=True, kw_only=True)
class Generation:
    """What the server believes that the device holds of a collection, under one sync key.

    ``held``: the ids on the device; ids that have gone for good may stand in it too (they never
    come back, and ranges stay whole). ``token``: the history up to here has been told. ``behind``:
    where the telling of a long history began that is not at its end yet: an item that changes again
    meanwhile moves ahead in the history, so what happened to it is asked for from there. ``edge``:
    the listing has been told from the newest item down to here. ``stale``: down to here the device
    may hold items that have left its window; ``narrowing``: for which end of the window they are
    being taken back, and how far down that has come. ``echoes``: versions that the device knows
    although the feed has not reported them yet, because the device made them itself or got them
    ahead of the feed; or that it is not sure which one the device knows. ``options``: the sticky
    options. ``results``: by fingerprint, what became of the commands that made this generation.
    ``kind``: that of the folder. ``departed``: items that the device has asked about and that are
    not there any more, so that it shall be told. ``weaving``: None unless the device wants whole
    conversations. ``owed``: items of which the device is to be told all, though nothing may have
    happened to them. ``lost``: items that the device has removed though it must not, so that they
    shall be added again. ``hides``: there are items in the folder that are not for this device.
    """

    key: str
    token: ChangeToken
    held: RangeSet = field(default_factory=RangeSet)
    behind: ChangeToken | None = None
    edge: Position = NEWEST
    stale: Position | None = None
    narrowing: tuple[Position, Position] | None = None
    echoes: dict[ItemId, ItemVersion] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    results: dict[str, CommandResult] = field(default_factory=dict)
    kind: FolderKind | None = None
    departed: RangeSet = field(default_factory=RangeSet)
    owed: RangeSet = field(default_factory=RangeSet)
    lost: RangeSet = field(default_factory=RangeSet)
    weaving: Weaving | None = None
    hides: bool = False

    @property
    def known_up_to(self) -> ChangeToken:
        """Up to here the device has been told what happened to each item that it holds."""
        return self.token if self.behind is None else self.behind

    def successor(self) -> "Generation":
        """Give an independent copy to work on, without results."""
        return replace(
            self,
            held=self.held.copy(),
            departed=self.departed.copy(),
            owed=self.owed.copy(),
            lost=self.lost.copy(),
            echoes=dict(self.echoes),
            results={},
            weaving=None if self.weaving is None else self.weaving.copy(),
        )

    def absorb(self, fingerprint: str, result: CommandResult) -> None:
        """Note what a command of the device did, so that it is not told back.

        An item that came of it in a version that the device does not know is told as a Change; for
        one that is new to the folder ALL_UNSURE stands for such a version.
        """
        self.results[fingerprint] = result
        if result.item is None:
            return
        if result.undo is not None:
            self._undo(result.item, result.undo)
        elif result.removed:
            self.forget(result.item)
        elif result.version is not None:
            self.know(result.item, result.version)
        else:
            if result.item not in self.held:
                self.know(result.item, ALL_UNSURE)
                self.stale = OLDEST  # nobody knows where it stands
            self.owed.add(result.item)

    def _undo(self, item: ItemId, undo: Undo) -> None:
        """Have the device brought back to what there is of an item."""
        if undo is Undo.ADD:
            self.departed.add(item)
        elif item in self.held and undo is Undo.CHANGE:
            self.owed.add(item)
        elif item in self.held:
            self.forget(item)
            self.lost.add(item)

    def know(self, item: ItemId, version: ItemVersion) -> None:
        """The device has this item at this version, whatever the feed will say of its coming."""
        self.held.add(item)
        self.echoes[item] = version

    def know_content(self, item: ItemId, *, may_change: bool) -> None:
        """The device has this item, but perhaps not as it is now: it shall not be added.

        Its state is told as a Change; where the content ``may_change``, all of it.
        """
        if item not in self.held:
            self.know(item, ALL_UNSURE if may_change else STATE_UNSURE)

    def forget(self, item: ItemId) -> None:
        """The device has removed this item itself."""
        self.held.discard(item)
        self.owed.discard(item)
        self.echoes.pop(item, None)

    def to_json(self) -> dict[str, Any]:
        """Give the stored form."""
        form: dict[str, Any] = {"key": self.key, "token": self.token, "held": self.held.text()}
        if self.behind is not None:
            form["behind"] = self.behind
        if self.stale is not None:
            form["stale"] = _place_json(self.stale)
        if self.kind is not None:
            form["kind"] = self.kind.value
        if self.departed:
            form["departed"] = self.departed.text()
        if self.owed:
            form["owed"] = self.owed.text()
        if self.lost:
            form["lost"] = self.lost.text()
        if self.edge != NEWEST:
            form["edge"] = _place_json(self.edge)
        if self.narrowing is not None:
            form["narrowing"] = [_place_json(place) for place in self.narrowing]
        if self.echoes:
            form["echoes"] = {str(item): version for item, version in self.echoes.items()}
        if self.options:
            form["options"] = self.options
        if self.hides:
            form["hides"] = 1
        if self.weaving is not None:
            form["weaving"] = [*self.weaving.to_json(), _place_json(self.weaving.floor)]
        if self.results:
            form["results"] = {name: _result_json(one) for name, one in self.results.items()}
        return form

    @classmethod
    def from_json(cls, form: dict[str, Any]) -> "Generation":
        """Read the stored form."""
        return cls(
            key=form["key"],
            token=ChangeToken(form["token"]),
            held=RangeSet.parse(form["held"]),
            behind=ChangeToken(form["behind"]) if "behind" in form else None,
            edge=_place(form["edge"]) if "edge" in form else NEWEST,
            stale=_place(form["stale"]) if "stale" in form else None,
            narrowing=_places(form["narrowing"]) if "narrowing" in form else None,
            echoes={ItemId(int(k)): ItemVersion(v) for k, v in form.get("echoes", {}).items()},
            options=form.get("options", {}),
            weaving=_weaving(form["weaving"]) if "weaving" in form else None,
            hides=bool(form.get("hides")),
            kind=FolderKind(form["kind"]) if "kind" in form else None,
            departed=RangeSet.parse(form.get("departed", "")),
            owed=RangeSet.parse(form.get("owed", "")),
            lost=RangeSet.parse(form.get("lost", "")),
            results={name: _result(row) for name, row in form.get("results", {}).items()},
        )


@dataclass(slots=True, kw_only=True)
class CollectionState:
    """Both generations of a collection; ``previous`` is None until the first key was used.

    ``repeats``: so often in a row the previous key was answered with a new generation.
    """

    current: Generation
    previous: Generation | None = None
    repeats: int = 0

    def know_content(self, item: ItemId, *, may_change: bool) -> None:
        """Outside of a Sync the device got hold of an item: so whichever key it names next."""
        for generation in self._generations():
            generation.know_content(item, may_change=may_change)

    def miss(self, item: ItemId) -> None:
        """Outside of a Sync the device named an item that is not there: it shall be told."""
        for generation in self._generations():
            generation.departed.add(item)

    def forget(self, item: ItemId) -> None:
        """Outside of a Sync the device gave an item away: so whichever key it names next."""
        for generation in self._generations():
            generation.forget(item)

    def _generations(self) -> tuple[Generation, ...]:
        return (self.current,) if self.previous is None else (self.current, self.previous)

    def to_text(self) -> str:
        """Give the stored document."""
        form: dict[str, Any] = {"format": FORMAT, "current": self.current.to_json()}
        if self.previous is not None:
            form["previous"] = self.previous.to_json()
        if self.repeats:
            form["repeats"] = self.repeats
        return json.dumps(form, separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str) -> "CollectionState":
        """Read a stored document. Raises: Corrupt."""
        try:
            form = json.loads(text)
            if form["format"] != FORMAT:
                raise Corrupt(f"collection state of format {form['format']}")
            previous = form.get("previous")
            return cls(
                current=Generation.from_json(form["current"]),
                previous=None if previous is None else Generation.from_json(previous),
                repeats=form.get("repeats", 0),
            )
        except (ValueError, KeyError, TypeError, AttributeError) as exc:
            raise Corrupt("unreadable collection state") from exc


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """From where a request with a valid key sets out.

    ``repeats``: how many copies of this request came before. ``known`` are the results of commands
    that one may have applied already.
    """

    base: Generation
    known: dict[str, CommandResult]
    repeats: int

    @property
    def repeat(self) -> bool:
        """Whether this request was here before."""
        return self.repeats > 0


def start(state: CollectionState, key: str) -> Start | None:
    """Choose the generation that a request's key speaks of; None for a key that is neither."""
    if key == state.current.key:
        return Start(base=state.current, known={}, repeats=0)
    if state.previous is not None and key == state.previous.key:
        return Start(base=state.previous, known=state.current.results, repeats=state.repeats + 1)
    return None


def advance(origin: Start, made: Generation) -> CollectionState:
    """Give the state after a request that set out at ``origin`` made a generation; sets its key."""
    made.key = next_key(origin.base.key, made)
    return CollectionState(current=made, previous=origin.base, repeats=origin.repeats)


def first_key(chain: bytes) -> str:
    """Give the key that answers key 0; ``chain`` are 6 random octets."""
    return f"{chain.hex()}.1.0"


def next_key(key: str, made: Generation) -> str:
    """Give the key of a generation that follows the one of ``key``."""
    chain, count, _ = key.split(".")
    form = made.to_json()
    form["key"] = key
    digest = crc32(json.dumps(form, separators=(",", ":")).encode())
    return f"{chain}.{int(count) + 1}.{digest:x}"


def document_name(folder: FolderId) -> str:
    """Give the name under which a collection's state is stored."""
    return f"collection:{folder}"


def _result_json(result: CommandResult) -> list[Any]:
    form: list[Any] = [int(result.status), result.item, result.version, int(result.removed)]
    form.append(list(result.parts))
    return form if result.undo is None else [*form, result.undo.value]


def _result(form: list[Any]) -> CommandResult:
    status, item, version, removed, parts, *undo = form
    return CommandResult(
        status=status,
        item=item,
        version=version,
        removed=bool(removed),
        parts=tuple(parts),
        undo=Undo(undo[0]) if undo else None,
    )


def _place_json(position: Position) -> list[float] | str:
    return "oldest" if position == OLDEST else [position.received, position.item]


def _place(form: list[float] | str) -> Position:
    if isinstance(form, str):
        return OLDEST
    return Position(float(form[0]), ItemId(int(form[1])))


def _weaving(form: list[Any]) -> Weaving:
    *state, floor = form
    return Weaving.from_json(state, _place(floor))


def _places(form: list[list[float] | str]) -> tuple[Position, Position]:
    return _place(form[0]), _place(form[1])
