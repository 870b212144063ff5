"""Documents of the library as a Search shows them.

Spec: MS-ASDOC 2.2.2; MS-ASCMD 2.2.3.139.3 (Properties).
"""

from carbonio_mobile.eas.linkid import Share
from carbonio_mobile.eas.times import format_datetime
from carbonio_mobile.mime.naming import type_of_name
from carbonio_mobile.pim.document import Document
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import DocumentLibrary


def document_properties(document: Document, share: Share) -> list[Element]:
    """Give the children of Properties; a folder has no ContentType (MS-ASDOC R33)."""
    name = document.path[-1] if document.path else share.name
    properties = [
        Element(DocumentLibrary.LinkId, share.link(document.path)),
        Element(DocumentLibrary.DisplayName, name),
        Element(DocumentLibrary.IsFolder, _flag(document.is_folder)),
        Element(DocumentLibrary.CreationDate, format_datetime(document.created)),
        Element(DocumentLibrary.LastModifiedDate, format_datetime(document.modified)),
        Element(DocumentLibrary.IsHidden, _flag(document.is_hidden)),
        Element(DocumentLibrary.ContentLength, str(document.size_bytes)),
    ]
    if not document.is_folder:
        properties.append(Element(DocumentLibrary.ContentType, type_of_name(name)))
    return properties


def _flag(value: bool) -> str:
    return "1" if value else "0"
