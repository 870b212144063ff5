"""Find: looking for mail or people, a page at a time.

Spec: MS-ASCMD 2.2.1.2 and 2.2.3.177.2 (Status); schema Find.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from carbonio_mobile.eas.messages.fields import required
from carbonio_mobile.eas.messages.pictures import PictureOptions
from carbonio_mobile.eas.messages.ranges import Range
from carbonio_mobile.eas.messages.search import ALL_FOLDERS, CLASSES, MAX_TEXT_CHARS
from carbonio_mobile.eas.status import FindStatus
from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.ids import FolderId, ServerId
from carbonio_mobile.wbxml import Element, Tag
from carbonio_mobile.wbxml.codepages import AirSync, Find, ItemOperations

DEFAULT_RANGE = Range(0, 99)
LAST_ROW = 999
"""MS-ASCMD R37071812."""
MAX_SEARCH_ID_CHARS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A search for mail, or for people where ``people`` is set.

    ``search_id`` is the same on all pages of a search. ``folder`` None is the whole mailbox.
    ``class_name`` is empty where the device named none. ``fault`` says why it cannot be done.
    """

    search_id: str
    text: str = field(default="", repr=False)
    people: bool = False
    folder: FolderId | None = None
    class_name: str = ""
    range: Range = DEFAULT_RANGE
    deep: bool = False
    pictures: PictureOptions | None = None
    fault: FindStatus | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One message found, or one person: who has no ids and no class."""

    item: ServerId | None = None
    properties: Sequence[Element]


def parse(root: Element) -> Request:
    """Read a search. Raises: ProtocolError for a document that does not say what to search."""
    if root.tag is not Find.Find:
        raise ProtocolError(f"a document {root.tag.name}", expected="Find")
    search_id = required(root, Find.SearchId)[:MAX_SEARCH_ID_CHARS]
    execute = root.find(Find.ExecuteSearch)
    if execute is None:
        raise ProtocolError("Find without ExecuteSearch")
    mail = execute.find(Find.MailBoxSearchCriterion)
    if mail is not None:
        return _mail_search(search_id, mail)
    people = execute.find(Find.GalSearchCriterion)
    if people is None:
        raise ProtocolError("Find without a criterion")
    return _people_search(search_id, people)


def _people_search(search_id: str, criterion: Element) -> Request:
    """The text stands in Query; iOS may wrap it as it does for mail, and is understood."""
    query, options = criterion.find(Find.Query), criterion.find(Find.Options)
    text = "" if query is None else (query.string or query.value(Find.FreeText, "")).strip()
    page = _range(options)
    try:
        wanted = PictureOptions.parse(
            options, picture=Find.Picture, max_size=Find.MaxSize, max_pictures=Find.MaxPictures
        )
    except ProtocolError:
        page, wanted = None, None
    if not text or page is None:
        return Request(search_id=search_id, people=True, fault=FindStatus.INVALID_REQUEST)
    return Request(
        search_id=search_id,
        people=True,
        text=text[:MAX_TEXT_CHARS],
        range=page,
        pictures=wanted,
    )


def _mail_search(search_id: str, criterion: Element) -> Request:
    query, options = criterion.find(Find.Query), criterion.find(Find.Options)
    if query is None:
        return Request(search_id=search_id, fault=FindStatus.INVALID_REQUEST)
    text = query.value(Find.FreeText, "").strip()
    folder = query.value(AirSync.CollectionId, "")
    class_name = query.value(AirSync.Class, "")
    page = _range(options)
    if not text or page is None or (class_name and class_name not in CLASSES):
        return Request(search_id=search_id, fault=FindStatus.INVALID_REQUEST)
    return Request(
        search_id=search_id,
        text=text[:MAX_TEXT_CHARS],
        folder=None if folder in ("", ALL_FOLDERS) else FolderId(folder),
        class_name=class_name,
        range=page,
        deep=options is not None and options.has(Find.DeepTraversal),
    )


def _range(options: Element | None) -> Range | None:
    text = options.value(Find.Range) if options is not None else None
    if text is None:
        return DEFAULT_RANGE
    try:
        page = Range.parse(text)
    except ValueError:
        return None
    return page if page.last <= LAST_ROW else None


def build(
    status: FindStatus,
    results: Sequence[Result] = (),
    *,
    total: int | None = None,
    range: Range | None = None,  # noqa: A002 - the element's name
) -> Element:
    """Write the answer: a hierarchy out of date stands in Find, all other faults in Response."""
    if status is FindStatus.HIERARCHY_CHANGED:
        return Element(Find.Find, [_number(Find.Status, status)])
    response = [
        Element(ItemOperations.Store, "Mailbox"),
        _number(Find.Status, status),
        *(_result(result) for result in results),
        None if range is None else Element(Find.Range, str(range)),
        None if total is None else _number(Find.Total, total),
    ]
    return Element(
        Find.Find, [_number(Find.Status, FindStatus.SUCCESS), Element(Find.Response, response)]
    )


def _result(result: Result) -> Element:
    return Element(Find.Result, [*_names(result.item), Element(Find.Properties, result.properties)])


def _names(item: ServerId | None) -> Sequence[Element]:
    if item is None:
        return ()
    return (
        Element(AirSync.Class, "Email"),
        Element(AirSync.ServerId, str(item)),
        Element(AirSync.CollectionId, item.folder),
    )


def _number(tag: Tag, value: int) -> Element:
    return Element(tag, str(int(value)))
