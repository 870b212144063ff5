"""Mail to oneself: sent, received, fetched, flagged, answered, moved, searched, deleted.

Spec: MS-ASCMD 2.2.1.2 (Find), 2.2.1.7, 2.2.1.10, 2.2.1.12, 2.2.1.16, 2.2.1.17, 2.2.1.19, 2.2.1.20;
MS-ASEMAIL 3.1.5.4 (drafts, SMS).
"""

from contextlib import suppress
from dataclasses import replace

from carbonio_mobile.client import synctrees
from carbonio_mobile.client.classes import EMAIL
from carbonio_mobile.client.composing import File, Message, draft
from carbonio_mobile.client.faults import AnswerLost
from carbonio_mobile.client.items import FLAG_ACTIVE, body_of
from carbonio_mobile.client.mailtrees import FoundPage, Original
from carbonio_mobile.client.selftest.walk import (
    PAUSE_S,
    RECENT,
    Skipped,
    Walk,
    expect,
)
from carbonio_mobile.client.state import SyncOptions
from carbonio_mobile.eas.times import format_datetime
from carbonio_mobile.eas.version import Version
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import AirSyncBase, Email

FILE = File(name="lines.txt", content=b"0123456789\r\n" * 200, content_type="text/plain")
_SEARCHES_S = 5.0


async def send_mail(walk: Walk) -> None:
    """A message with a file, to oneself; it comes into Inbox and Sent."""
    subject = f"Letter {walk.marker}"
    letter = Message(
        to=walk.address, subject=subject, text=f"Dear self,\n{walk.marker}\n", files=[FILE]
    )
    await walk.phone.send(letter)
    item = await walk.arrived(subject)
    walk.messages["letter"] = item.id
    expect(not item.read, "the message to be unread")
    expect([one.name for one in item.attachments] == [FILE.name], "the file's name")
    sent = walk.standard("sent")
    await walk.phone.settle(sent, options=RECENT)
    copies = [one for one in walk.phone.items(sent).values() if one.subject == subject]
    expect(len(copies) == 1, f"one copy in Sent, not {len(copies)}")


async def send_again(walk: Walk) -> None:
    """SendMail whose answer was lost, sent again with its ClientId: one message arrives."""
    subject = f"Once {walk.marker}"
    letter, name = Message(to=walk.address, subject=subject, text="Once."), walk.phone.new_id()
    walk.watched.lose = "SendMail"
    with suppress(AnswerLost):
        await walk.phone.send(letter, client_id=name, save_in_sent=False)
    await walk.phone.send(letter, client_id=name, save_in_sent=False)
    first = await walk.arrived(subject)
    await walk.phone.send(Message(to=walk.address, subject=f"Last {walk.marker}", text="."))
    await walk.arrived(f"Last {walk.marker}")
    inbox = walk.standard("inbox")
    found = [one for one in walk.phone.items(inbox).values() if one.subject == subject]
    expect(len(found) == 1, f"one message, not {len(found)}")
    walk.messages["once"] = first.id


async def flags(walk: Walk) -> None:
    """Read and flagged on one device is read and flagged on the other."""
    inbox, item = walk.standard("inbox"), walk.message("letter")
    marks = [synctrees.read(True)]
    if walk.version >= Version.V12_0:
        marks.append(synctrees.flagged())
    if walk.version >= Version.V14_0:
        marks.append(synctrees.categories("Selftest"))
    await walk.phone.settle(inbox)
    await walk.done(inbox, synctrees.change(item, *marks))
    there = walk.on_witness(inbox)
    await walk.witness.settle(there, options=RECENT)
    subject = f"Letter {walk.marker}"
    seen = [one for one in walk.witness.items(there).values() if one.subject == subject]
    expect(len(seen) == 1 and seen[0].read, "the other device to see it read")
    if walk.version >= Version.V12_0:
        expect(seen[0].flag == FLAG_ACTIVE, "the other device to see the flag")
    if walk.version >= Version.V14_0:
        expect(seen[0].categories == ("Selftest",), "the other device to see the category")


async def fetch(walk: Walk) -> None:
    """The whole message, as text and as MIME; at 2.5 by Sync, later by ItemOperations."""
    original = _original(walk, "letter")
    for body_type in (1, 4):
        fetched = await walk.phone.item_fetch(original, options=SyncOptions(body_type=body_type))
        body = body_of(fetched.content)
        text = "" if body is None else body.text
        expect(walk.marker in text, f"a body of type {body_type} that says what was sent")
        expect(body is not None and not body.truncated, "a whole body")
        if body_type == 4:
            expect("Content-Type:" in text, "MIME")


async def attachment(walk: Walk) -> None:
    """An attachment: whole, some octets of it, and beside the document."""
    reference = _reference(walk)
    _, octets = await walk.phone.attachment(reference)
    expect(octets == FILE.content, "the octets that were sent")
    _, some = await walk.phone.attachment(reference, byte_range=(10, 29))
    expect(some == FILE.content[10:30], "the twenty octets asked for")


async def multipart(walk: Walk) -> None:
    """The same as a multipart answer."""
    _, octets = await walk.phone.attachment(_reference(walk), multipart=True)
    expect(octets == FILE.content, "the octets that were sent")


async def get_attachment(walk: Walk) -> None:
    """GetAttachment, of 2.5 to 12.1."""
    _, octets = await walk.phone.old_attachment(_reference(walk))
    expect(octets == FILE.content, "the octets that were sent")


def _reference(walk: Walk) -> str:
    item = walk.phone.items(walk.standard("inbox")).get(walk.message("letter"))
    if item is None or not item.attachments:
        raise Skipped("the message with the attachment is not there")
    return item.attachments[0].reference


def _original(walk: Walk, what: str) -> Original:
    return Original(folder=walk.standard("inbox"), item=walk.message(what))


async def smart_reply(walk: Walk) -> None:
    """An answer has the original below."""
    subject = f"Re: {walk.marker}"
    answer = Message(to=walk.address, subject=subject, text="My answer.")
    await walk.phone.smart_reply(_original(walk, "letter"), answer)
    item = await walk.arrived(subject)
    walk.messages["reply"] = item.id
    text = await _text(walk, "reply")
    expect("My answer." in text and "Dear self" in text, "the answer with the original below")


async def smart_forward(walk: Walk) -> None:
    """What is forwarded has the original's file."""
    subject = f"Fwd: {walk.marker}"
    message = Message(to=walk.address, subject=subject, text="See below.")
    await walk.phone.smart_forward(_original(walk, "letter"), message)
    item = await walk.arrived(subject)
    walk.messages["forward"] = item.id
    expect(FILE.name in [one.name for one in item.attachments], "the file of the original")


async def _text(walk: Walk, what: str) -> str:
    options = SyncOptions(body_type=1)
    fetched = await walk.phone.item_fetch(_original(walk, what), options=options)
    body = body_of(fetched.content)
    return "" if body is None else body.text


async def search(walk: Walk) -> None:
    """Search finds the message by a word of it (12.0 and later)."""
    walk.message("letter")
    page = await _until_found(walk, "search")
    expect(f"Letter {walk.marker}" in [one.item.subject for one in page.rows], "the message")


async def find(walk: Walk) -> None:
    """Find does so, too (16.1)."""
    item = walk.message("letter")
    page = await _until_found(walk, "find")
    expect(item in [one.server_id for one in page.rows], "the message, by its id")


async def _until_found(walk: Walk, how: str) -> FoundPage:
    """Search until something is found: some servers index a while after the arrival."""
    waited_s = 0.0
    while True:
        page = await (walk.phone.find if how == "find" else walk.phone.search)(walk.marker)
        if page.rows or waited_s >= _SEARCHES_S:
            return page
        await walk.sleep(PAUSE_S)
        waited_s += PAUSE_S


async def move_items(walk: Walk) -> None:
    """A message is moved into the walk's folder, and known there by the id that was told."""
    inbox, target, item = walk.standard("inbox"), walk.folder(EMAIL), walk.message("letter")
    moved = await walk.phone.move([item], inbox, target)
    walk.messages.pop("letter")
    await walk.phone.settle(target)
    expect(moved[item] in walk.phone.items(target), "the message under its new id")
    await walk.phone.settle(inbox)
    expect(item not in walk.phone.items(inbox), "the message no longer in the inbox")


async def empty_folder(walk: Walk) -> None:
    """EmptyFolderContents of the walk's folder (12.0 and later)."""
    folder = walk.folder(EMAIL)
    await walk.phone.settle(folder)
    await walk.phone.empty_folder(folder)
    await walk.phone.settle(folder)
    expect(not walk.phone.items(folder), "an empty folder")


async def delete(walk: Walk) -> None:
    """A Delete moves the message into the trash."""
    inbox, item = walk.standard("inbox"), walk.message("reply")
    subject = f"Re: {walk.marker}"
    await walk.phone.settle(inbox)
    await walk.done(inbox, synctrees.delete(item))
    walk.messages.pop("reply")
    trash = walk.standard("trash")
    await walk.phone.settle(trash, options=RECENT)
    found = [one for one in walk.phone.items(trash).values() if one.subject == subject]
    expect(len(found) == 1, "the message in the trash")


async def drafts(walk: Walk) -> None:
    """A draft with a file is added, changed, deleted; another one is sent (16.0 and later)."""
    folder = walk.standard("drafts")
    await walk.phone.settle(folder, options=RECENT)
    title = f"Draft {walk.marker}"
    new = Message(to=walk.address, subject=title, text="Not yet.", files=[FILE])
    item = await walk.add(folder, *draft(new))
    there = walk.on_witness(folder)
    await walk.witness.settle(there, options=RECENT)
    seen = [one for one in walk.witness.items(there).values() if one.subject == title]
    expect(len(seen) == 1 and len(seen[0].attachments) == 1, "the draft with its file")
    other = replace(new, subject=f"Other {walk.marker}", files=())
    await walk.done(folder, synctrees.change(item, *draft(other)))
    await walk.seen(folder)
    titles = [one.subject for one in walk.witness.items(there).values()]
    expect(other.subject in titles and title not in titles, "the changed subject")
    await walk.done(folder, synctrees.delete(item), for_good=True)
    expect(other.subject not in [one.subject for one in (await walk.seen(folder)).values()], "none")


async def send_draft(walk: Walk) -> None:
    """A draft that is sent arrives, and is a draft no more (16.0 and later)."""
    folder, title = walk.standard("drafts"), f"Sent {walk.marker}"
    new = Message(to=walk.address, subject=title, text="Now.")
    item = await walk.add(folder, *draft(new))
    await walk.done(folder, synctrees.change(item, send=True))
    await walk.arrived(title)
    titles = [one.subject for one in (await walk.seen(folder)).values()]
    expect(title not in titles, "no draft any more")


async def sms(walk: Walk) -> None:
    """A text message that the device received is kept, and seen on the other (14.0 and later)."""
    inbox = walk.standard("inbox")
    wanted = replace(RECENT, sms=True)
    await walk.phone.settle(inbox, options=wanted)
    text = f"Text {walk.marker}"
    body = [Element(AirSyncBase.Type, "1"), Element(AirSyncBase.Data, text)]
    content = (
        Element(Email.To, "[MOBILE:+390123456789]"),
        Element(Email.From, '"+390987654321" [MOBILE:+390987654321]'),
        Element(Email.DateReceived, format_datetime(walk.now)),
        Element(Email.Importance, "1"),
        Element(Email.Read, "1"),
        Element(AirSyncBase.Body, body),
    )
    item = await walk.add(inbox, *content, item_class="SMS")
    try:
        there = walk.on_witness(inbox)
        await walk.witness.settle(there, options=wanted)
        contents = [one.content for one in walk.witness.items(there).values() if one.content]
    finally:  # it has no subject that could tell the cleaning up whose it is
        await walk.done(inbox, synctrees.delete(item), for_good=True)
    bodies = [body_of(one) for one in contents]
    seen = [one for one in bodies if one is not None and text in one.text]
    expect(len(seen) == 1, "the other device to see the text message")
