"""What tasks and notes have in common as components: subject, body, categories.

Spec: RFC 5545 3.8.1.2 (CATEGORIES), 3.8.1.5 (DESCRIPTION), 3.8.1.12 (SUMMARY); MS-OXCICAL
2.1.3.1.1.20.11 (X-ALT-DESC).
"""

from collections.abc import Iterable

from carbonio_mobile.errors import Corrupt
from carbonio_mobile.pim.calendars import MAX_SOURCE_BYTES, MAX_UID_CHARS
from carbonio_mobile.pim.components import Component, line, parse, shown, shown_list, text_line
from carbonio_mobile.pim.contentlines import ContentLine, clean, escape
from carbonio_mobile.pim.eventfields import HTML, OWN
from carbonio_mobile.pim.moments import utc_form
from carbonio_mobile.pim.text import Text

MAX_SUBJECT_CHARS = 4_000
MAX_BODY_CHARS = 1 << 20
MAX_CATEGORIES = 300
MAX_CATEGORY_CHARS = 255

_PRODUCT = "-//Carbonio Mobile//EN"
_TIMES = ("LAST-MODIFIED", "DTSTAMP")


def open_component(source: bytes, name: str) -> tuple[Component, Component]:
    """Read a document, and of it the first component of a name that is no changed occurrence.

    Raises: Corrupt, where there is none.
    """
    if len(source) > MAX_SOURCE_BYTES:
        raise Corrupt("a calendar object too large to be read")
    root = parse(source)
    found = list(root.walk(name))
    if not found:
        raise Corrupt(f"no calendar with a {name}")
    return root, next((one for one in found if one.first("RECURRENCE-ID") is None), found[0])


def new_component(name: str, uid: str, now: float) -> tuple[Component, Component]:
    """Make a calendar with an empty component of a name."""
    component = Component(name, [text_line("UID", uid), line("DTSTAMP", utc_form(now))])
    head: list[ContentLine | Component] = [line("VERSION", "2.0"), line("PRODID", _PRODUCT)]
    return Component("", [Component("VCALENDAR", [*head, component])]), component


def stamp(component: Component, now: float) -> None:
    """Say when a component was written."""
    for name in _TIMES:
        component.put((name,), [line(name, utc_form(now))])


def read_uid(component: Component) -> str:
    """Give the UID, empty where there is none."""
    return shown(component.first("UID"), MAX_UID_CHARS).strip()


def read_subject(component: Component) -> str:
    """Give the SUMMARY."""
    return shown(component.first("SUMMARY"), MAX_SUBJECT_CHARS).strip()


def write_subject(component: Component, subject: str) -> None:
    """Set the SUMMARY, or take it off."""
    component.put(("SUMMARY",), [text_line("SUMMARY", subject)] if subject else [])


def read_body(component: Component) -> Text:
    """Give the DESCRIPTION, and the page that X-ALT-DESC holds beside or instead of it."""
    pages = [one for one in component.every(HTML) if one.param("FMTTYPE").lower() == "text/html"]
    html = shown(pages[0], MAX_BODY_CHARS) if pages else ""
    return Text(plain=shown(component.first("DESCRIPTION"), MAX_BODY_CHARS), html=html)


def write_body(component: Component, body: Text) -> None:
    """Set DESCRIPTION and X-ALT-DESC, or take them off."""
    plain = [text_line("DESCRIPTION", body.plain)] if body.plain else []
    page = line(HTML, escape(clean(body.html), plain=False), ("FMTTYPE", "text/html"))
    component.put(("DESCRIPTION",), plain)
    component.put((HTML,), [page] if body.html else [])


def read_categories(component: Component) -> tuple[str, ...]:
    """Give all categories, each once, in order."""
    return tidy_categories(shown_list(component.every("CATEGORIES"), MAX_CATEGORIES))


def write_categories(component: Component, categories: Iterable[str]) -> None:
    """Set CATEGORIES, or take it off."""
    value = ",".join(escape(one, plain=False) for one in categories)
    component.put(("CATEGORIES",), [line("CATEGORIES", value)] if value else [])


def tidy_categories(categories: Iterable[str]) -> tuple[str, ...]:
    """Give the names once each, none empty, at most ``MAX_CATEGORIES``."""
    named = dict.fromkeys(tidy(one, MAX_CATEGORY_CHARS) for one in categories)
    named.pop("", None)
    return tuple(named)[:MAX_CATEGORIES]


def tidy(text: str, limit: int) -> str:
    """Give a text in one form: LF line ends, nothing that no XML may hold, no blanks around it."""
    return clean(text).strip()[:limit].strip()


def tidy_body(body: Text) -> Text:
    """Give a body in one form, within ``MAX_BODY_CHARS``."""
    return Text(plain=clean(body.plain)[:MAX_BODY_CHARS], html=clean(body.html)[:MAX_BODY_CHARS])


def read_own(component: Component, name: str, limit: int) -> str:
    """Give the text of a property of our own, empty where it is missing."""
    return shown(component.first(OWN + name), limit).strip()


def write_own(component: Component, name: str, text: str) -> None:
    """Set a property of our own, or take it off where it is empty."""
    component.put((OWN + name,), [text_line(OWN + name, text)] if text else [])
