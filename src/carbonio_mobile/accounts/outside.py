"""Accounts whose own passwords are somebody else's: those of a mail server.

Spec: issue 6, section 2.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from carbonio_mobile.accounts.secrets import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideCheck:
    """Who is asked. Passwords made for a service stay ours and are not asked about.

    ``right`` tells whether an address and a password are let in there; it may raise Unavailable,
    which counts for no failure. ``enrol`` makes an account for an address of a domain of ours; it
    blocks. After ``prove_again_s`` seconds a password is asked about anew, right or wrong.
    """

    right: Callable[[str, str], Awaitable[bool]]
    enrol: Callable[[str], object]
    prove_again_s: float

    async def right_one(self, name: str, own: Secret, password: str) -> Secret | None:
        """Give the account's own secret where the password is right. Raises: Unavailable."""
        return own if await self.right(name, password) else None
