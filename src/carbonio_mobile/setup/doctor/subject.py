"""Whose mailbox is looked at, and with what."""

from dataclasses import dataclass, field

from carbonio_mobile.ids import AccountId

UNTRIED = "no login tried: the account's password is not known, or IMAP does not take it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """An account by its mail address. ``password`` is its own, None where it is not known.

    ``writes``: a message may be put into its Drafts and taken away again.
    """

    address: str
    password: str | None = field(default=None, repr=False)
    writes: bool = False

    @property
    def account(self) -> AccountId:
        """The identity under which the clients know it here: it is used in this process only."""
        return AccountId(self.address)

    @property
    def domain(self) -> str:
        """What stands after the at sign."""
        return self.address.rpartition("@")[2]
