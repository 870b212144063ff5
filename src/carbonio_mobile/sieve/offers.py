"""What a ManageSieve server and its Sieve can do.

Spec: RFC 5804 1.7 (capabilities); RFC 6134 (EXTLISTS).
"""

from dataclasses import dataclass

from carbonio_mobile.sieve.wire import Response

ADDRESS_BOOK = "urn:ietf:params:sieve:addrbook:default"
"""The list of those who stand in the user's own address book (RFC 6134)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """``extensions`` are those of Sieve, ``mechanisms`` those of SASL, in upper case.

    ``external_lists`` are the kinds of lists that scripts can name; there may be more of them.
    """

    implementation: str = ""
    extensions: frozenset[str] = frozenset()
    mechanisms: frozenset[str] = frozenset()
    starttls: bool = False
    external_lists: frozenset[str] = frozenset()

    @property
    def knows_contacts(self) -> bool:
        """Whether a script can ask if somebody stands in the user's address book."""
        named = any(ADDRESS_BOOK.startswith(one) for one in self.external_lists)
        return "extlists" in self.extensions and named


def offers_of(response: Response) -> Offers:
    """Read the greeting, or the answer to CAPABILITY. Unknown lines are not looked at."""
    said = {
        line[0].decode("ascii", "replace").upper(): _words(line[1:])
        for line in response.lines
        if line and isinstance(line[0], bytes)
    }
    return Offers(
        implementation=" ".join(said.get("IMPLEMENTATION", []))[:200],
        extensions=frozenset(one.lower() for one in said.get("SIEVE", [])),
        mechanisms=frozenset(one.upper() for one in said.get("SASL", [])),
        starttls="STARTTLS" in said,
        external_lists=frozenset(one.lower() for one in said.get("EXTLISTS", [])),
    )


def _words(values: tuple[str | bytes, ...]) -> list[str]:
    texts = (one.decode("utf-8", "replace") for one in values if isinstance(one, bytes))
    return [word for text in texts for word in text.split()]
