"""Cookies of paged searches, and what is kept for them."""

from itertools import count

import pytest

from carbonio_mobile.ldapserver.paging import BadCookie, Pages, Place, Rest


def pages(kept_max: int = 3) -> Pages[int, int]:
    """Make pages whose secrets count up."""
    numbers = count(1)
    return Pages(random_bytes=lambda size: next(numbers).to_bytes(size, "big"), kept_max=kept_max)


def rest(source: object) -> Rest[int, int]:
    """Make what may be left of a search."""
    return Rest(source, iter(range(100)))


def test_first_page() -> None:
    """An empty cookie begins a search."""
    assert pages().begin(b"", "search", object()) == Place(0)


def test_next_page_goes_on_with_what_was_kept() -> None:
    """Once: the next cookie is another one."""
    there, source = pages(), object()
    left = rest(source)
    cookie = there.end(50, "search", left)
    assert there.begin(cookie, "search", source) == Place(50, left)
    assert there.begin(cookie, "search", source) == Place(50)


def test_other_books_are_searched_anew() -> None:
    """What was kept of a search in books that changed hands is of no use."""
    there = pages()
    cookie = there.end(50, "search", rest(object()))
    assert there.begin(cookie, "search", object()) == Place(50)
    assert there.kept_count == 0


def test_few_are_kept() -> None:
    """Those that asked last; the others begin anew."""
    there, source = pages(), object()
    cookies = [there.end(n, "search", rest(source)) for n in range(5)]
    assert there.kept_count == 3
    assert there.begin(cookies[0], "search", source).rest is None
    assert there.begin(cookies[4], "search", source).rest is not None


@pytest.mark.parametrize("spoil", [
    lambda cookie: cookie[:-1],
    lambda cookie: cookie + b"x",
    lambda cookie: cookie[:9] + b"\xff" + cookie[10:],
    lambda cookie: b"x" * len(cookie),
    lambda cookie: b"x",
])  # fmt: skip
def test_made_up_cookies(spoil: object) -> None:
    """Are refused, and so is that of another search."""
    there = pages()
    cookie = there.end(50, "search", None)
    assert there.begin(cookie, "search", object()) == Place(50)
    with pytest.raises(BadCookie):
        there.begin(spoil(cookie), "search", object())  # type: ignore[operator]
    with pytest.raises(BadCookie):
        there.begin(cookie, "another search", object())


def test_dropped() -> None:
    """Nothing stays of a search that is given up, which may be said twice."""
    there = pages()
    cookie = there.end(50, "search", rest(object()))
    there.drop(cookie, "search")
    there.drop(cookie, "search")
    assert there.kept_count == 0
