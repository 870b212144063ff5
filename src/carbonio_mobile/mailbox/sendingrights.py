"""Who may send in whose name: by a right of the directory, or by a folder shared for it."""

from zope.interface import implementer

from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.interfaces import IProvisioning, IRights, ISharing
from carbonio_mobile.sync.sharing import Sending


@implementer(IRights)
class SendingRights:
    """The rights ``sendAs`` and ``sendOnBehalf``; a folder shared with ``rws`` is as the latter."""

    def __init__(self, provisioning: IProvisioning, sharing: ISharing) -> None:
        self._provisioning = provisioning
        self._sharing = sharing

    async def may_send(self, actor: Account, owner: Account) -> Sending | None:
        """See :meth:`IRights.may_send`."""
        if await self._provisioning.has_right(actor.name, owner.name, "sendAs"):
            return Sending.AS
        shared = self._sharing.granted(owner.id, actor.id).values()
        if any(rights.may_send for rights in shared):
            return Sending.BEHALF
        if await self._provisioning.has_right(actor.name, owner.name, "sendOnBehalf"):
            return Sending.BEHALF
        return None
