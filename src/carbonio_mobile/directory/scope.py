"""Whose entries an account sees in the address list.

Spec: ../shared/carbonio/attributes.md 7 (zimbraFeatureGalEnabled, zimbraGalMode,
zimbraGalInternalSearchBase, zimbraGalMaxResults).
"""

from dataclasses import dataclass

from carbonio_mobile.directory.accounts import Account

_BASES = frozenset({"DOMAIN", "SUBDOMAINS", "ROOT"})
_MAX_RESULTS = 100


@dataclass(frozen=True, slots=True)
class Scope:
    """The domains whose entries are seen from ``domain``.

    ``base`` is DOMAIN (it alone), SUBDOMAINS (and those below it) or ROOT (all). ``own`` are the
    entries of this server, ``external`` the domain's people who have no account here.
    """

    domain: str
    base: str = "DOMAIN"
    own: bool = True
    external: bool = True

    def covers(self, domain: str) -> bool:
        """Tell whether entries of a domain are seen."""
        if self.base == "ROOT" or domain == self.domain:
            return True
        return self.base == "SUBDOMAINS" and domain.endswith(f".{self.domain}")


def scope_of(viewer: Account) -> Scope | None:
    """Give what an account sees; None where it may not use the address list.

    The mode of its domain says which entries: ``zimbra`` those of this server, ``ldap`` those
    from elsewhere, ``both`` all, as without one. A base that is none of the three names counts as
    DOMAIN.
    """
    if not viewer.flag("zimbraFeatureGalEnabled", default=True):
        return None
    mode = viewer.value("zimbraGalMode").lower()
    base = viewer.value("zimbraGalInternalSearchBase").upper()
    return Scope(
        viewer.domain,
        base if base in _BASES else "DOMAIN",
        own=mode != "ldap",
        external=mode != "zimbra",
    )


def rows_allowed(viewer: Account, offset: int, limit: int) -> int:
    """Give how many rows from ``offset`` on an account may see of one search."""
    text = viewer.value("zimbraGalMaxResults")
    most = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else _MAX_RESULTS
    return max(0, min(limit, most - offset)) if most else limit
