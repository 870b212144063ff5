"""GetHierarchy: the mail folders, for versions up to 12.1.

Spec: MS-ASCMD 2.2.1.8.
"""

from dataclasses import replace

from carbonio_mobile.commands.context import Answer, Call
from carbonio_mobile.commands.hierarchy import visible
from carbonio_mobile.eas.messages.gethierarchy import build


async def respond(call: Call) -> Answer:
    """List the mail folders under the ids that FolderSync gives (MS-ASCMD R6026, R6031).

    Parents that hold something else than mail are not listed: what is in them stands at the top.
    """
    present = await call.mailbox.hierarchy()
    mail = [folder for folder in visible(present, call.version) if folder.kind.holds_mail]
    listed = {folder.id for folder in mail}
    return Answer(
        document=build(
            folder if folder.parent in listed else replace(folder, parent=None) for folder in mail
        )
    )
