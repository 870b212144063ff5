"""The headers of a request as the rooms further in want them.

Spec: MS-ASHTTP 2.2.1.1.2 (R127: UTF-8), RFC 9110 section 5.
"""

# ruff: noqa: N802  # names that Twisted's parser calls


class RequestHeaders(dict[str, str]):
    """Header values by lower-case name; the last of a repeated header counts.

    X-Forwarded-For is the exception: its lines are one list. The two methods are what Twisted's
    parser asks of a request's headers.
    """

    __slots__ = ()

    def addRawHeader(self, name: bytes, value: bytes) -> None:
        """Take a header from the parser, which has checked it for illegal characters."""
        key = name.decode("ascii").lower()
        try:
            text = value.decode("utf-8")
        except UnicodeDecodeError:
            text = value.decode("latin-1")
        if key == "x-forwarded-for" and key in self:
            text = f"{self[key]},{text}"
        self[key] = text

    def getRawHeaders(self, name: bytes) -> list[bytes] | None:
        """Show one header to the parser, which looks for ``Expect``."""
        value = self.get(name.decode("ascii").lower())
        return None if value is None else [value.encode("utf-8")]


def host_name(host: str) -> str:
    """Return the name in a Host header, lower case, without port and brackets."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].strip().lower()
