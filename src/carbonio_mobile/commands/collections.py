"""The stored states of a device's collections, and the driver of a pull."""

from collections.abc import Awaitable, Callable, Collection, Mapping

from carbonio_mobile.commands.context import Call
from carbonio_mobile.commands.threads import threads
from carbonio_mobile.errors import Corrupt
from carbonio_mobile.ids import FolderId
from carbonio_mobile.interfaces import IMailbox
from carbonio_mobile.sync.questions import (
    AskAspects,
    AskChanges,
    AskListing,
    AskThreads,
    Offer,
    Pull,
    Pulled,
    Reply,
    Show,
    Taken,
    Threads,
)
from carbonio_mobile.sync.state import CollectionState, document_name

ShowOffers = Callable[[tuple[Offer, ...]], Awaitable[Taken]]


async def load_states(
    call: Call, collections: Collection[FolderId]
) -> dict[FolderId, CollectionState]:
    """Give the states of those collections that the device has primed."""
    names = [document_name(folder) for folder in collections]
    documents = await call.services.states.load(call.device.key, names)
    return readable(documents, collections)


def readable(
    documents: Mapping[str, str], collections: Collection[FolderId]
) -> dict[FolderId, CollectionState]:
    """Give the states among documents; one that cannot be read counts as never primed.

    The device is then told that its key is invalid and starts this collection over, which mends it.
    """
    states = {}
    for folder in collections:
        text = documents.get(document_name(folder))
        if text is None:
            continue
        try:
            states[folder] = CollectionState.from_text(text)
        except Corrupt:
            continue
    return states


async def drive(run: Pull, mailbox: IMailbox, folder: FolderId, show: ShowOffers) -> Pulled:
    """Answer the questions of a pull from a mailbox; ``show`` takes its offers.

    Raises: NotFound (folder), Conflict (the mailbox no longer knows the token).
    """
    try:
        question = next(run)
        while True:
            reply: Reply
            match question:
                case AskChanges():
                    reply = await mailbox.changes(folder, question.since, limit=question.limit)
                case AskAspects():
                    reply = await mailbox.aspects_since(folder, question.items, question.since)
                case AskListing():
                    reply = await mailbox.listing(
                        folder,
                        below=question.below,
                        down_to=question.down_to,
                        limit=question.limit,
                    )
                case AskThreads():
                    reply = Threads(await threads(mailbox, folder, question.items))
                case Show():
                    reply = await show(question.offers)
            question = run.send(reply)
    except StopIteration as end:
        pulled: Pulled = end.value
        return pulled
