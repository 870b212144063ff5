"""Whether a password is right, asked by a login at the IMAP server."""

from typing import Final

from twisted.internet.defer import DeferredSemaphore

from carbonio_mobile.errors import NotAllowed, Unavailable
from carbonio_mobile.mailbox.gateway.logins.keychain import named
from carbonio_mobile.mailbox.imapclient.faults import LoginRefused
from carbonio_mobile.mailbox.imapclient.login import ImapReach, PasswordLogin

_WAITING_MAX: Final = 2_000


class LoginCheck:
    """Logs in, each time on a connection of its own; ``at_once`` at a time.

    ``user`` is the form of names at the server.
    """

    def __init__(self, reach: ImapReach, *, user: str, at_once: int) -> None:
        self._reach = reach
        self._user = user
        self._turns = DeferredSemaphore(at_once)

    async def __call__(self, name: str, password: str) -> bool:
        """Tell whether the server lets somebody in by a mail address and a password.

        Raises: Unavailable (it says nothing of the password: away, too slow, no such logins).
        """
        if len(self._turns.waiting) >= _WAITING_MAX:
            raise Unavailable("too many logins wait for the IMAP server")
        await self._turns.acquire()
        try:
            login = PasswordLogin(user=named(self._user, name), password=password)
            connection = await self._reach.open(login)
        except LoginRefused:
            return False
        except NotAllowed as exc:
            raise Unavailable(f"the IMAP server checks no password: {exc}") from exc
        finally:
            self._turns.release()
        connection.close()
        return True
