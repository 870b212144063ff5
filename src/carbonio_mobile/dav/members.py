"""The members of a collection as answers tell of them, against those that are known.

Spec: RFC 6578 3.5 and 3.6 (changed, gone, truncated).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from carbonio_mobile.dav.etags import ETag, read_etag, same
from carbonio_mobile.dav.hrefs import Url, host
from carbonio_mobile.dav.multistatus import INSUFFICIENT_STORAGE, Multistatus, Response
from carbonio_mobile.dav.names import ETAG, IS_COLLECTION, RESOURCE_TYPE
from carbonio_mobile.dav.properties import names_in
from carbonio_mobile.errors import TooLarge

MEMBERS_MAX: Final = 500_000
"""Of one collection."""

Known = Mapping[Url, ETag | None]
"""Members, with the state of each; None where the server gives none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """Members that are new or changed, those that are gone, and the token for the next time.

    ``token`` is kept as it is; empty means that the server offers nothing to compare, so that all
    etags are read each time.
    """

    changed: Known
    gone: tuple[Url, ...]
    token: str


class Reading:
    """What was read of a collection so far."""

    def __init__(self, url: Url) -> None:
        self._url = url
        self._changed: dict[Url, ETag | None] = {}
        self._gone: dict[Url, None] = {}

    def __len__(self) -> int:
        """Give of how many members something was read."""
        return len(self._changed) + len(self._gone)

    def take(self, answer: Multistatus) -> tuple[bool, str]:
        """Take a page; gives whether the server has more, and its token.

        Raises: TooLarge (there is no end to it).
        """
        is_truncated = False
        for one in answer.responses:
            if one.url == self._url:
                is_truncated = is_truncated or one.status == INSUFFICIENT_STORAGE
            else:
                self._take(one)
        if len(self) > MEMBERS_MAX:
            raise TooLarge(f"a collection at {host(self._url)}: more than {MEMBERS_MAX} members")
        return is_truncated, answer.sync_token

    def _take(self, response: Response) -> None:
        url = response.url
        if response.status in {404, 410}:
            self._changed.pop(url, None)
            self._gone[url] = None
        elif response.is_there and not _is_collection(response):
            self._gone.pop(url, None)
            self._changed[url] = read_etag(response.text(ETAG))

    def changes(self, known: Known, token: str, *, is_whole: bool) -> Changes:
        """Give what differs from what was known; what was not read is gone if this is all."""
        changed = {
            url: etag for url, etag in self._changed.items() if not same(etag, known.get(url))
        }
        if is_whole:
            gone = tuple(url for url in known if url not in self._changed)
        else:
            gone = tuple(self._gone)
        return Changes(changed=changed, gone=gone, token=token)


def _is_collection(response: Response) -> bool:
    return response.url.endswith("/") or IS_COLLECTION in names_in(
        response.found.get(RESOURCE_TYPE)
    )
