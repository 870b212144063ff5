"""Members that are read, against those that are known."""

import pytest

from carbonio_mobile.dav import members
from carbonio_mobile.dav.etags import ETag
from carbonio_mobile.dav.hrefs import Url, read_url
from carbonio_mobile.dav.members import Reading
from carbonio_mobile.dav.multistatus import Multistatus, Response
from carbonio_mobile.errors import TooLarge

CAL = read_url("https://dav.example.com/cal/")


def url(name: str) -> Url:
    return read_url(f"{CAL}{name}")


def test_collections_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that goes on for ever is left."""
    monkeypatch.setattr(members, "MEMBERS_MAX", 2)
    reading = Reading(CAL)
    for name in "ab":
        reading.take(Multistatus(responses=(Response(url=url(name)),)))
    with pytest.raises(TooLarge):
        reading.take(Multistatus(responses=(Response(url=url("c")),)))


def test_the_last_word_counts() -> None:
    """RFC 6578: a member deleted between two pages is gone, one made again is there."""
    reading = Reading(CAL)
    first = (Response(url=url("a")), Response(url=url("b"), status=404))
    then = (Response(url=url("a"), status=410), Response(url=url("b")))
    assert reading.take(Multistatus(responses=first, sync_token="1")) == (False, "1")
    assert reading.take(Multistatus(responses=(*then, Response(url=CAL, status=507)))) == (True, "")
    found = reading.changes({url("c"): ETag('"1"')}, "t", is_whole=False)
    assert (dict(found.changed), found.gone, found.token) == ({url("b"): None}, (url("a"),), "t")
    assert len(reading) == 2
