"""The commands for shared folders and for folders that devices are not shown.

Spec: ../shared/carbonio/cli.md 2.7. The manual leaves granting and mounting to the web client; with
the embedded mailboxes it is done here.
"""

from carbonio_mobile.admin.declaring import Command, Parameter
from carbonio_mobile.admin.kinds import ACCOUNT, BOOLEAN, TEXT, choice, whole

_NUMBER = whole(1)
_FOLDER = "its id, its path (Projects/2026), or all for the whole account"

_ACCOUNT = Parameter(name="account", kind=ACCOUNT, help="whose devices", required=True)
_OWNER = Parameter(name="owner", kind=ACCOUNT, help="whose folder it is", required=True)
_GRANTEE = Parameter(name="grantee", kind=ACCOUNT, help="who shares it", required=True)
_SHARED = Parameter(name="folder", kind=TEXT, help=f"the owner's folder: {_FOLDER}", required=True)

COMMANDS = (
    Command(
        module="mobile",
        words=("setSharedFolderSync",),
        summary="Show a shared folder to an account's devices, or do not",
        parameters=(
            _ACCOUNT,
            Parameter(
                name="item_id",
                kind=_NUMBER,
                help="the id of the mount, as getSharedFolders lists it",
                required=True,
            ),
            Parameter(name="allowed", kind=BOOLEAN, help="whether to show it", required=True),
        ),
        examples=("carbonio mobile setSharedFolderSync john@example.com 1000001 true",),
        changes=True,
    ),
    Command(
        module="mobile",
        words=("disableFolderSync",),
        summary="Hide an account's own folder from its devices, or show it again",
        parameters=(
            _ACCOUNT,
            Parameter(name="item_id", kind=_NUMBER, help="the id of the own folder", required=True),
            Parameter(name="disable", kind=BOOLEAN, help="whether to hide it", required=True),
        ),
        examples=("carbonio mobile disableFolderSync john@example.com 257 true",),
        changes=True,
        note="System folders (ids below 256) are always shown. Subfolders are hidden with it.",
    ),
    Command(
        module="mobile",
        words=("getSharedFolders",),
        summary="List the folders of others that an account has mounted",
        parameters=(_ACCOUNT,),
    ),
    Command(
        module="mobile",
        words=("grantFolder",),
        summary="Give an account rights on a folder of another, and all below it",
        parameters=(
            _OWNER,
            _SHARED,
            _GRANTEE,
            Parameter(
                name="rights",
                kind=choice("r", "rw", "rws"),
                help="read; read and write; and send on behalf of the owner",
                required=True,
            ),
        ),
        examples=("carbonio mobile grantFolder mary@example.com Inbox john@example.com rw",),
        changes=True,
    ),
    Command(
        module="mobile",
        words=("revokeFolder",),
        summary="Take back what was granted on a folder",
        parameters=(_OWNER, _SHARED, _GRANTEE),
        changes=True,
    ),
    Command(
        module="mobile",
        words=("mountFolder",),
        summary="Put a folder of another account into an account's tree",
        parameters=(
            _GRANTEE,
            _OWNER,
            _SHARED,
            Parameter(
                name="name",
                kind=TEXT,
                help="what it is called there; else the owner's name and that of the folder",
            ),
        ),
        examples=("carbonio mobile mountFolder john@example.com mary@example.com Calendar",),
        changes=True,
        note="Devices are shown it once setSharedFolderSync allows it.",
    ),
    Command(
        module="mobile",
        words=("unmountFolder",),
        summary="Take a folder of another account out of an account's tree",
        parameters=(
            _ACCOUNT,
            Parameter(name="item_id", kind=_NUMBER, help="the id of the mount", required=True),
        ),
        changes=True,
    ),
)
