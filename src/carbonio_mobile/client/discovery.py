"""Finding a user's server from the mail address: Autodiscover, JSON first, then XML.

Spec: MS-ASCMD 2.2.1.1; the JSON form has no specification. The password goes only to hosts of the
address's own domain, over TLS with a verified certificate.
"""

import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Final
from urllib.parse import quote, urljoin, urlsplit

from lxml import etree

from carbonio_mobile.client.faults import ClientFault, Unreachable
from carbonio_mobile.client.transport import basic
from carbonio_mobile.client.wire import HttpReply

Request = Callable[..., Awaitable[HttpReply]]
"""``HttpClient.request``, or what stands in for it."""

TIMEOUT_S = 20.0
MAX_REDIRECTS = 5

_SCHEMA: Final = "http://schemas.microsoft.com/exchange/autodiscover/mobilesync/"
_REQUEST: Final = (
    '<?xml version="1.0" encoding="utf-8"?>'
    f'<Autodiscover xmlns="{_SCHEMA}requestschema/2006"><Request>'
    "<EMailAddress>{address}</EMailAddress>"
    f"<AcceptableResponseSchema>{_SCHEMA}responseschema/2006</AcceptableResponseSchema>"
    "</Request></Autodiscover>"
)


def hosts_of(address: str) -> tuple[str, ...]:
    """Give the hosts to ask about an address, as ``https://host``. Raises: ClientFault."""
    local, at, domain = address.rpartition("@")
    if not local or not at or not domain.replace("-", "").replace(".", "").isalnum():
        raise ClientFault(f"cannot discover the server of {address!r}: not a mail address")
    return (f"https://autodiscover.{domain}", f"https://{domain}")


async def discover(request: Request, address: str, password: str, *, hosts: Sequence[str]) -> str:
    """Give the URL of the ActiveSync server of an address.

    Raises: ClientFault where none of the hosts knows, saying what each of them said.
    """
    said: list[str] = []
    for host in hosts:
        url = await _tried(_by_json(request, host, address), host, said)
        if url:
            return url
    for host in hosts:
        url = await _tried(_by_xml(request, host, address, password), host, said)
        if url:
            return url
    raise ClientFault(f"no server found for {address}: {'; '.join(dict.fromkeys(said))}")


async def _tried(attempt: Awaitable[str], host: str, said: list[str]) -> str:
    try:
        return await attempt
    except Unreachable as exc:
        said.append(str(exc))
    except ClientFault as exc:
        said.append(f"{urlsplit(host).netloc}: {exc}")
    return ""


async def _by_json(request: Request, host: str, address: str) -> str:
    url = (
        f"{host}/autodiscover/autodiscover.json"
        f"?Email={quote(address, safe='@')}&Protocol=ActiveSync"
    )
    for _ in range(MAX_REDIRECTS):
        reply = await request("GET", url, headers={}, timeout_s=TIMEOUT_S)
        if reply.code not in (301, 302, 307, 308):
            break
        url = _checked(urljoin(url, reply.headers.get("location", "")), url)
    else:
        raise ClientFault("redirected again and again")
    if reply.code != 200:
        raise ClientFault(f"no JSON Autodiscover ({reply.code})")
    try:
        answer = json.loads(reply.body)
    except ValueError as exc:
        raise ClientFault("an answer that is no JSON") from exc
    return _checked(str(answer.get("Url", "")) if isinstance(answer, dict) else "", url)


async def _by_xml(request: Request, host: str, address: str, password: str) -> str:
    reply = await request(
        "POST",
        f"{host}/autodiscover/autodiscover.xml",
        headers={
            "Content-Type": "text/xml; charset=utf-8",
            "Authorization": basic(address, password),
        },
        body=_REQUEST.format(address=_escaped(address)).encode(),
        timeout_s=TIMEOUT_S,
    )
    if reply.code == 401:
        raise ClientFault("the login was refused (401)")
    if reply.code != 200:
        raise ClientFault(f"no Autodiscover ({reply.code})")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(reply.body, parser)
    except etree.XMLSyntaxError as exc:
        raise ClientFault("an answer that is no XML") from exc
    urls = [element.text or "" for element in root.iter("{*}Url")]
    if not urls:
        messages = [element.text or "" for element in root.iter("{*}Message")]
        raise ClientFault(messages[0] if messages else "an answer without a URL")
    return _checked(urls[0], host)


def _checked(url: str, asked: str) -> str:
    """Refuse a URL without TLS, unless TLS was not asked for either."""
    if urlsplit(url).scheme not in ("https", urlsplit(asked).scheme):
        raise ClientFault("an answer that leads away from TLS")
    return url


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
