"""Put the parts of an LDAP directory together for a daemon.

Spec: issue 6, section 2.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from carbonio_mobile.accounts.embedded import LoginBounds
from carbonio_mobile.accounts.ldapdirectory.accounts import LdapAccounts
from carbonio_mobile.accounts.ldapdirectory.checks import BindCheck, MailCheck, MailLogin
from carbonio_mobile.accounts.ldapdirectory.lookups import Lookups
from carbonio_mobile.accounts.ldapdirectory.mobile import MobilePasswords
from carbonio_mobile.accounts.ldapdirectory.people import LdapPeople
from carbonio_mobile.accounts.ldapdirectory.pool import LdapPool, Opener
from carbonio_mobile.accounts.ldapdirectory.presets import Tree
from carbonio_mobile.accounts.ldapdirectory.settings import LdapServers
from carbonio_mobile.accounts.ldapdirectory.surroundings import (
    CarbonioSurroundings,
    KeptSurroundings,
    SurroundingsSource,
)
from carbonio_mobile.ids import AccountId


@dataclass(frozen=True, slots=True, kw_only=True)
class LdapTerms:
    """How old what is known of a directory may be, in seconds.

    - ``reread_s``: accounts and what they inherit; a changed password or status is obeyed by then.
    - ``grace_s``: so much longer while the directory does not answer.
    - ``prove_again_s``: a password that was right, or wrong, is not checked again before.
    - ``resync_s``, ``whole_s``: the address list, changed entries and those that are gone.

    ``logins_at_once`` passwords are checked at the same time.
    """

    reread_s: float
    grace_s: float
    prove_again_s: float
    resync_s: float
    whole_s: float
    logins_at_once: int


class LdapDirectory:
    """An LDAP directory of a running daemon: ``accounts`` and ``people``.

    ``around`` is what the configuration says of domains, where the tree itself does not.
    ``mail_login`` checks passwords instead of the directory; ``proven`` is told of own passwords
    that were right. ``clock`` gives seconds since 1970.
    """

    def __init__(
        self,
        servers: LdapServers,
        tree: Tree,
        *,
        reactor: Any,
        clock: Callable[[], float],
        chance: Callable[[], float],
        secret: bytes,
        bounds: LoginBounds,
        terms: LdapTerms,
        around: SurroundingsSource | None = None,
        server_name: str = "",
        mail_login: MailLogin | None = None,
        mobile: MobilePasswords | None = None,
        proven: Callable[[AccountId, str], None] = lambda _account, _password: None,
    ) -> None:
        opener = Opener(servers, reactor=reactor, clock=reactor)
        self.pool = LdapPool(servers, opener, clock=reactor, chance=chance)
        read = around or CarbonioSurroundings(pool=self.pool, base=tree.base, server=server_name)
        self.lookups = Lookups(
            pool=self.pool,
            tree=tree,
            surroundings=KeptSurroundings(
                read, clock=clock, reread_s=terms.reread_s, grace_s=terms.grace_s
            ),
            clock=clock,
            reread_s=terms.reread_s,
            grace_s=terms.grace_s,
            count_max=bounds.accounts_count,
        )
        binding = BindCheck(opener, at_once=terms.logins_at_once)
        self.accounts = LdapAccounts(
            lookups=self.lookups,
            check=binding if mail_login is None else MailCheck(mail_login),
            mobile=mobile,
            clock=clock,
            secret=secret,
            bounds=bounds,
            prove_again_s=terms.prove_again_s,
            proven=proven,
        )
        self.people = LdapPeople(
            pool=self.pool,
            tree=tree,
            clock=reactor,
            resync_s=terms.resync_s,
            whole_s=terms.whole_s,
        )

    def start(self) -> None:
        """Begin to look for changes of the address list; all else begins when it is asked."""
        self.people.start()

    def stop(self) -> None:
        """Close the connections; what waits for an answer fails."""
        self.people.stop()
        self.pool.stop()
