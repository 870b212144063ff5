"""Find: look for mail or people, a page at a time; in every version, for iOS asks it at 14.1 too.

Spec: MS-ASCMD 2.2.1.2.
"""

from dataclasses import replace

from carbonio_mobile.commands import kql
from carbonio_mobile.commands.context import Answer, Call
from carbonio_mobile.commands.kql import Alternative
from carbonio_mobile.commands.mailfolders import searched_folders
from carbonio_mobile.commands.mailsource import NO_BODIES
from carbonio_mobile.commands.people import listed
from carbonio_mobile.commands.reading import Hits
from carbonio_mobile.eas.items.email import find_properties
from carbonio_mobile.eas.items.sms import is_sms
from carbonio_mobile.eas.messages import find
from carbonio_mobile.eas.messages.find import Request, Result
from carbonio_mobile.eas.messages.ranges import Range
from carbonio_mobile.eas.status import FindStatus
from carbonio_mobile.eas.version import knows
from carbonio_mobile.errors import NotFound, ProtocolError
from carbonio_mobile.ids import FolderId, ItemId, ServerId
from carbonio_mobile.mime import textmessages
from carbonio_mobile.mime.mailitem import MailItem, MailQuery
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import GAL

DOCUMENT = "find"
"""The state document: the id of the search that the device pages through."""
SCANNED_MAX = 1000
"""Messages that are looked at for one alternative whose words must stand in certain properties."""
PAGE_ROWS = 100
_SCAN_PAGE = 100


async def respond(call: Call) -> Answer:
    """Answer a search. Raises: ProtocolError for a request that is no search."""
    if call.document is None:
        raise ProtocolError("Find without a body", expected="Find")
    request = find.parse(call.document)
    if request.people:
        return await _people(call, request)
    alternatives = kql.parse(request.text)
    if request.fault is not None or not alternatives:
        return Answer(document=find.build(request.fault or FindStatus.INVALID_REQUEST))
    if not await _may_page(call, request):
        return Answer(document=find.build(FindStatus.INVALID_RANGE))
    return Answer(document=await _found(call, request, alternatives))


async def _people(call: Call, request: Request) -> Answer:
    if request.fault is not None:
        return Answer(document=find.build(request.fault))
    if not await _may_page(call, request):
        return Answer(document=find.build(FindStatus.INVALID_RANGE))
    wanted = request.pictures if knows(call.version, GAL.Picture) else None
    shown, total = await listed(call, request.text, request.range, wanted)
    results = [Result(properties=properties) for properties in shown]
    first = request.range.first
    rows = Range(first, first + len(results) - 1) if results else None
    return Answer(document=find.build(FindStatus.SUCCESS, results, total=total, range=rows))


async def _may_page(call: Call, request: Request) -> bool:
    """A search begins at row 0 and may go on elsewhere under the same id (MS-ASCMD R3707101814)."""
    states, key = call.services.states, call.device.key
    known = (await states.load(key, [DOCUMENT])).get(DOCUMENT)
    if request.range.first:
        return known == request.search_id
    if known != request.search_id:
        await states.commit(key, {DOCUMENT: request.search_id})
    return True


async def _found(call: Call, request: Request, alternatives: tuple[Alternative, ...]) -> Element:
    if request.class_name not in ("", "Email"):
        return find.build(FindStatus.SUCCESS, total=0)
    named = () if request.folder is None else (request.folder,)
    try:
        folders = searched_folders(await call.mailbox.hierarchy(), named, deep=request.deep)
        if not folders:
            return find.build(FindStatus.SUCCESS, total=0)
        query = MailQuery(folders=folders if named else ())
        rows = replace(
            request.range, last=min(request.range.last, request.range.first + PAGE_ROWS - 1)
        )
        mails, total = await _matches(call, query, alternatives, rows)
    except NotFound:
        return find.build(FindStatus.HIERARCHY_CHANGED)
    results = [
        Result(
            item=ServerId(mail.folder, mail.item), properties=find_properties(mail, call.version)
        )
        for mail in mails
    ]
    shown = Range(rows.first, rows.first + len(results) - 1) if results else None
    return find.build(FindStatus.SUCCESS, results, total=total, range=shown)


async def _matches(
    call: Call, query: MailQuery, alternatives: tuple[Alternative, ...], rows: Range
) -> tuple[list[MailItem], int]:
    """Give the messages of these rows, newest first, and how many match.

    Words alone are the mailbox's to find. Where a word must stand in a certain property, there are
    alternatives, or text messages may be among what is found, candidates are read and looked at.
    """
    first = alternatives[0]
    simple = len(alternatives) == 1 and not any(term.field for term in first)
    if simple and not await _has_text_messages(call, query):
        query = replace(query, phrase=kql.phrase(first))
        hits = await call.mailbox.search(query, offset=rows.first, limit=rows.length)
        return await _read(call, hits.hits), hits.total
    found: dict[tuple[FolderId, ItemId], MailItem] = {}
    for alternative in alternatives:
        for mail in await _scan(call, replace(query, phrase=kql.phrase(alternative)), alternative):
            found[mail.folder, mail.item] = mail
    ordered = sorted(found.values(), key=lambda mail: (mail.received, mail.item), reverse=True)
    return ordered[rows.first : rows.last + 1], len(ordered)


async def _has_text_messages(call: Call, query: MailQuery) -> bool:
    """Tell whether any mail in these folders has an address as text messages have."""
    wanted = replace(query, phrase=textmessages.DOMAIN)
    return bool((await call.mailbox.search(wanted, offset=0, limit=1)).total)


async def _scan(call: Call, query: MailQuery, alternative: Alternative) -> list[MailItem]:
    met: list[MailItem] = []
    for offset in range(0, SCANNED_MAX, _SCAN_PAGE):
        hits = await call.mailbox.search(query, offset=offset, limit=_SCAN_PAGE)
        met += [
            mail
            for mail in await _read(call, hits.hits)
            if all(term.met_by(mail.record) for term in alternative) and not is_sms(mail.record)
        ]
        if len(hits.hits) < _SCAN_PAGE:
            break
    return met


async def _read(call: Call, hits: Hits) -> list[MailItem]:
    """Read hits in their order, without bodies; those that are gone are left out.

    Raises: NotFound (a folder).
    """
    found: dict[tuple[FolderId, ItemId], MailItem] = {}
    for folder in dict.fromkeys(folder for folder, _ in hits):
        mine = [item for other, item in hits if other == folder]
        for item, mail in (await call.mailbox.read(folder, mine, NO_BODIES)).items():
            found[folder, item] = mail
    return [found[hit] for hit in hits if hit in found]
