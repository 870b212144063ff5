"""Finding the account that an administrator names.

Spec: ../shared/carbonio/cli.md 1.1 (e-mail address or UUID, wherever an account is named).
"""

from carbonio_mobile.admin.declaring import shortened
from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.errors import NotFound
from carbonio_mobile.ids import AccountId
from carbonio_mobile.interfaces import IAccounts


async def account_named(accounts: IAccounts, text: str) -> Account:
    """Give the account of an e-mail address, alias or id. Raises: NotFound."""
    if "@" in text:
        found = await accounts.find(text.strip())
        if found is None:
            raise NotFound(f"there is no account {shortened(text)}")
        return found
    try:
        return await accounts.account(AccountId(text.strip().lower()))
    except NotFound as exc:
        raise NotFound(
            f"there is no account {shortened(text)}; expected an e-mail address or an id"
        ) from exc
