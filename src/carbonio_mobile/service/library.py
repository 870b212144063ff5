"""The library of documents: its options, and the library that they make."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from twisted.internet.threads import deferToThreadPool

from carbonio_mobile.commands.context import Library
from carbonio_mobile.documents.slots import Slots
from carbonio_mobile.documents.tree import DocumentTree
from carbonio_mobile.eas.linkid import Share
from carbonio_mobile.errors import ConfigError

# Out of the threads that all share: reading is quick, and a disk that hangs may hold but two.
_READING = 2
_WAITING = 100

_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_SHARE = re.compile(r"[A-Za-z0-9_$][A-Za-z0-9_$. -]{0,78}[A-Za-z0-9_$]|[A-Za-z0-9_$]")


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentSettings:
    """The directory of the library, and what links call it."""

    root: Path
    share: Share


def document_settings(values: Mapping[str, Any]) -> DocumentSettings | None:
    """Give the settings of the library; None where there is none. Raises: ConfigError."""
    server, name = values["documents.server"], values["documents.share"]
    if not _HOST.fullmatch(server):
        raise ConfigError("documents.server", f"must be like a host's name, not {server!a}")
    if not _SHARE.fullmatch(name):
        raise ConfigError("documents.share", f"must be a word or a few, not {name!a}")
    if not values["documents.root"]:
        return None
    root = Path(values["documents.root"]).absolute()
    if not root.is_dir():
        raise ConfigError("documents.root", f"{root} is not a directory")
    return DocumentSettings(root=root, share=Share(server=server, name=name))


def make_slots(reactor: Any, *, answer_s: float) -> Slots:
    """Give the slots in which the library's disk is touched; they outlast a reload."""
    return Slots(
        partial(deferToThreadPool, reactor, reactor.getThreadPool()),
        clock=reactor,
        count=_READING,
        waiting_max=_WAITING,
        answer_s=answer_s,
    )


def library(settings: DocumentSettings | None, slots: Slots) -> Library | None:
    """Give the library that the settings describe."""
    if settings is None:
        return None
    return Library(documents=DocumentTree(settings.root, slots), share=settings.share)
