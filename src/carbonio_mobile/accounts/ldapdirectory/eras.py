"""``Eras``: since when an account's password has been the same, as far as wrong ones go.

Where our account in the directory may see no more than that an entry changed, its own notes about
failed logins look like a change of the password. Those that our own question led to are passed
over, so that a phone with an old password asks the directory once and locks nobody.
"""

from itertools import count

from carbonio_mobile.accounts.ldapdirectory.known import KnownAccount
from carbonio_mobile.accounts.remembered import Bounded


class Eras:
    """Of at most ``accounts_max`` accounts; no era comes twice."""

    def __init__(self, *, accounts_max: int) -> None:
        self._eras: Bounded[tuple[str, int]] = Bounded(accounts_max)
        self._next = count(1)

    def of(self, known: KnownAccount) -> int:
        """Give the era of an account as it is known now."""
        key = known.account.id.encode()
        stamp, era = self._eras.get(key) or ("", 0)
        if stamp != known.stamp:
            era = next(self._next)
            self._eras.put(key, (known.stamp, era))
        return era

    def go_on(self, known: KnownAccount, era: int) -> None:
        """Let an era go on though the account is known otherwise by now."""
        self._eras.put(known.account.id.encode(), (known.stamp, era))
