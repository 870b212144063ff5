"""Answers the commands for address books that others see."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from carbonio_mobile.addressbook.exposure import Exposure
from carbonio_mobile.admin.answers import Answer, Listing, Said, Value, each
from carbonio_mobile.admin.calling import AdminCall, AdminFault, Respond
from carbonio_mobile.admin.declaring import shortened
from carbonio_mobile.admin.naming import account_named
from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.errors import Conflict, NotFound
from carbonio_mobile.ids import AccountId, FolderId
from carbonio_mobile.interfaces import IAccounts, IExposures, IMailboxes
from carbonio_mobile.sync.bookfolders import BookFolder, book_folders

DomainNamed = Callable[[str], Awaitable[str]]
"""Gives the name of the domain that an administrator means. Raises: NotFound."""

_ALL = "all"
_GLOBAL = ""


class AddressBookResponders:
    """Exposed address books, by the accounts' own mailboxes."""

    def __init__(
        self,
        *,
        accounts: IAccounts,
        mailboxes: IMailboxes,
        exposures: IExposures,
        domain_named: DomainNamed,
    ) -> None:
        self._accounts = accounts
        self._mailboxes = mailboxes
        self._exposures = exposures
        self._domain_named = domain_named

    def responders(self) -> Mapping[str, Respond]:
        """Give who answers which command."""
        return {
            "mobile addressBook add domain": self._add_domain,
            "mobile addressBook add global": self._add_global,
            "mobile addressBook list domain": self._list_domain,
            "mobile addressBook list global": self._list_global,
            "mobile addressBook remove domain": self._remove_domain,
            "mobile addressBook remove global": self._remove_global,
        }

    async def _add_domain(self, call: AdminCall) -> Answer:
        return await self._add(call, await self._domain_named(call.text("domain")))

    async def _add_global(self, call: AdminCall) -> Answer:
        return await self._add(call, _GLOBAL)

    async def _add(self, call: AdminCall, domain: str) -> Answer:
        owner = await account_named(self._accounts, call.text("account"))
        book = await self._book(owner, call.text("folder").strip())
        folder = None if book is None else book.id
        what = f"{_described(book)} of {owner.name}"
        try:
            await self._exposures.add(Exposure(domain=domain, account=owner.id, folder=folder))
        except Conflict as exc:
            raise AdminFault(f"{what} is shown to {_seen_by(domain)} already") from exc
        return Said(text=f"{what} shown to {_seen_by(domain)}")

    async def _book(self, owner: Account, text: str) -> BookFolder | None:
        """Give the address book that is meant; None for all. Raises: AdminFault."""
        if text.lower() == _ALL:
            return None
        hierarchy = await (await self._mailboxes.open(owner.id)).hierarchy()
        books = book_folders(hierarchy)
        found = next((book for book in books if book.id == text), None)
        if found is not None:
            return found
        folder = hierarchy.find(FolderId(text))
        why = (
            f"{owner.name} has no folder {shortened(text)}"
            if folder is None
            else f"folder {folder.id} ({folder.name}) of {owner.name} is no address book"
        )
        known = ", ".join(f"{book.id} ({book.path})" for book in books)
        raise AdminFault(f"{why}; expected all, or one of {known}")

    async def _list_domain(self, call: AdminCall) -> Answer:
        return await self._list(await self._known_domain(call.text("domain")))

    async def _list_global(self, _call: AdminCall) -> Answer:
        return await self._list(_GLOBAL)

    async def _list(self, domain: str) -> Answer:
        paths: dict[AccountId, Mapping[FolderId, str]] = {}
        rows = [await self._row(one, paths) for one in self._exposures.exposures(domain)]
        return Listing(heading="address books", rows=each(rows))

    async def _row(
        self, exposure: Exposure, paths: dict[AccountId, Mapping[FolderId, str]]
    ) -> Mapping[str, Value]:
        row = {"accountId": exposure.account, "folder": exposure.folder or _ALL}
        try:
            owner = await self._accounts.account(exposure.account)
        except NotFound:
            return {"account": "(deleted)", **row, "path": ""}
        if owner.id not in paths:
            mailbox = await self._mailboxes.open(owner.id)
            paths[owner.id] = {
                book.id: book.path for book in book_folders(await mailbox.hierarchy())
            }
        path = "" if exposure.folder is None else paths[owner.id].get(exposure.folder, "(deleted)")
        return {"account": owner.name, **row, "path": path}

    async def _remove_domain(self, call: AdminCall) -> Answer:
        return await self._remove(call, await self._known_domain(call.text("domain")))

    async def _remove_global(self, call: AdminCall) -> Answer:
        return await self._remove(call, _GLOBAL)

    async def _remove(self, call: AdminCall, domain: str) -> Answer:
        owner, name = await self._owner(call.text("account"))
        folder = call.text("folder").strip()
        shown = [one for one in self._exposures.exposures(domain) if one.account == owner]
        going = shown
        if folder.lower() != _ALL:
            going = [one for one in shown if one.folder == folder]
        if not going:
            raise AdminFault(_nothing_to_remove(name, domain, folder, shown))
        await self._exposures.remove(going)
        count = "1 address book" if len(going) == 1 else f"{len(going)} address books"
        if any(one.folder is None for one in going):
            count = "all address books"
        done = f"{count} of {name} no longer shown to {_seen_by(domain)}"
        if domain and any(one.account == owner for one in self._exposures.exposures(_GLOBAL)):
            done += ", but for what addressBook list global has"
        return Said(text=done)

    async def _owner(self, text: str) -> tuple[AccountId, str]:
        """Give the id and the name of an account, be it that it is no more. Raises: NotFound."""
        try:
            found = await account_named(self._accounts, text)
        except NotFound:
            gone = AccountId(text.strip().lower())
            if not self._is_exposed(gone):
                raise
            return gone, gone
        return found.id, found.name

    def _is_exposed(self, account: AccountId) -> bool:
        return any(one.account == account for one in self._exposures.all_exposures())

    async def _known_domain(self, text: str) -> str:
        """Give a domain's name, be it that it is no more. Raises: NotFound."""
        try:
            return await self._domain_named(text)
        except NotFound:
            gone = text.strip().lower()
            if gone and self._exposures.exposures(gone):
                return gone
            raise


def _described(book: BookFolder | None) -> str:
    return "all address books" if book is None else f"address book {book.path}"


def _seen_by(domain: str) -> str:
    return f"the accounts of {domain}" if domain else "all accounts"


def _nothing_to_remove(name: str, domain: str, folder: str, shown: Sequence[Exposure]) -> str:
    if not shown:
        return f"no address book of {name} is shown to {_seen_by(domain)}"
    kept = ", ".join(one.folder or _ALL for one in shown)
    what = f"folder {shortened(folder)} of {name}"
    return f"{what} is not shown to {_seen_by(domain)}; these are: {kept}"
