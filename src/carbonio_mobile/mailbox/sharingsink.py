"""Report what happens in an account's folders to all who have them mounted as well."""

from zope.interface import implementer

from carbonio_mobile.ids import AccountId, FolderId
from carbonio_mobile.interfaces import IChangeSink, ISharing


@implementer(IChangeSink)
class SharingSink:
    """Passes reports on to another sink: for the account itself, then for each synced mount.

    A change below a mount is reported whether or not the folder is part of it: nobody watches one
    that is not.
    """

    def __init__(self, sink: IChangeSink, sharing: ISharing) -> None:
        self._sink = sink
        self._sharing = sharing

    def folder_changed(self, account: AccountId, folder: FolderId, *, arrival: bool) -> None:
        """See :meth:`IChangeSink.folder_changed`."""
        self._sink.folder_changed(account, folder, arrival=arrival)
        for mount in self._sharing.mounts_of(account):
            if mount.synced:
                named = mount.id_of(folder)
                self._sink.folder_changed(mount.account, named, arrival=arrival)

    def hierarchy_changed(self, account: AccountId) -> None:
        """See :meth:`IChangeSink.hierarchy_changed`."""
        self._sink.hierarchy_changed(account)
        for grantee in {one.account for one in self._sharing.mounts_of(account) if one.synced}:
            self._sink.hierarchy_changed(grantee)
