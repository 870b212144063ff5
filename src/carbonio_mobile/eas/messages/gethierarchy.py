"""GetHierarchy: the mail folders in one list, without a key.

Spec: MS-ASCMD 2.2.1.8 (the root is Folders, R6047), 2.2.3.186.4 (Type); schema
GetHierarchyResponse.
"""

from collections.abc import Iterable

from carbonio_mobile.eas.foldertypes import USER_GENERIC, type_number
from carbonio_mobile.sync.folders import Folder
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import FolderHierarchy

ROOT = "0"
_LAST_TYPE = 6


def build(folders: Iterable[Folder]) -> Element:
    """Write the answer, the folders in the order given.

    There are the types 1 to 6 (MS-ASCMD R7388): a folder of the user is a generic one here.
    """
    return Element(FolderHierarchy.Folders, [_folder(folder) for folder in folders])


def _folder(folder: Folder) -> Element:
    number = type_number(folder.kind)
    return Element(
        FolderHierarchy.Folder,
        [
            Element(FolderHierarchy.DisplayName, folder.name),
            Element(FolderHierarchy.ServerId, folder.id),
            Element(FolderHierarchy.Type, str(number if number <= _LAST_TYPE else USER_GENERIC)),
            Element(FolderHierarchy.ParentId, folder.parent or ROOT),
        ],
    )
