"""Making folders on the servers: mailboxes for mail and notes, collections for the rest."""

from carbonio_mobile.errors import Conflict, NotAllowed, StoreError, Unavailable
from carbonio_mobile.ids import OperationId
from carbonio_mobile.imap.responses import MailboxStatus
from carbonio_mobile.mailbox.gateway.mail.access import MailAccess
from carbonio_mobile.mailbox.gateway.mail.folders import MailFolders
from carbonio_mobile.mailbox.gateway.mail.marks import validity_of
from carbonio_mobile.mailbox.gateway.mirrorjobs import MirrorJobs
from carbonio_mobile.mailbox.gateway.notes.folders import COMPONENT
from carbonio_mobile.mailbox.gateway.objects.side import ObjectSide
from carbonio_mobile.mailbox.mirror.links import FolderLink, Protocol, RemoteFolder
from carbonio_mobile.mailbox.mirror.making import begin_making, end_making
from carbonio_mobile.sync.folders import FolderKind


class FolderMaking:
    """Makes the folders of one account; ``objects`` is None where no DAV server is configured."""

    def __init__(
        self, jobs: MirrorJobs, access: MailAccess, mail: MailFolders, objects: ObjectSide | None
    ) -> None:
        self._jobs = jobs
        self._access = access
        self._mail = mail
        self._objects = objects

    async def make(
        self, above: FolderLink | None, name: str, kind: FolderKind, operation: OperationId
    ) -> RemoteFolder:
        """Make a folder, once for an operation; gives it as its server has it.

        The mirror is to show it, and then ``mirror.making.end_making`` to be called. Raises:
        NotAllowed, Conflict (there is one of the name), other StoreErrors.
        """
        is_note = self._mail.has_notes and kind is FolderKind.USER_NOTES
        if kind is not FolderKind.MAIL and not is_note:
            if self._objects is None:
                raise NotAllowed(f"there is no server for folders for {kind.value}")
            return await self._objects.create(name, kind, operation)
        place = await self.place(above, name)
        status = await self._make_mailbox(place, operation)
        return RemoteFolder(
            protocol=Protocol.IMAP,
            place=place,
            kind=kind,
            remote_id=status.mailbox_id,
            epoch=validity_of(status),
            name=name,
            parent=above.place if above else None,
            component=COMPONENT if is_note else "",
        )

    async def _make_mailbox(self, place: str, operation: OperationId) -> MailboxStatus:
        """Make a mailbox; one that this operation may have made before is it.

        Gives what it will be known by when it is renamed.
        """
        async with self._access.connection() as connection:
            is_repeat = await self._jobs.write(begin_making, place, operation)
            try:
                await connection.create(place)
            except Unavailable:
                raise
            except StoreError as exc:
                if not (is_repeat and isinstance(exc, Conflict)):
                    await self._jobs.write(end_making, operation)
                    raise
            await connection.subscribe(place)
            return await connection.status(place)

    async def place(self, above: FolderLink | None, name: str) -> str:
        """Give the name that a mailbox has on the server. Raises: NotAllowed."""
        spaces = await self._mail.spaces()
        if spaces.separator and spaces.separator in name:
            raise NotAllowed(f"the mail server takes no {spaces.separator} in a folder's name")
        if above is None:
            return spaces.prefix + name
        if above.protocol is not Protocol.IMAP or not spaces.separator:
            raise NotAllowed(f"folder {above.id} can hold no folders of mail")
        above.check_writable()
        return f"{above.place}{spaces.separator}{name}"
