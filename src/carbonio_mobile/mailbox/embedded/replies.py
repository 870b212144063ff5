"""The out-of-office settings of a mailbox in its database."""

import json
import sqlite3

from carbonio_mobile.mailbox.embedded.change import Change
from carbonio_mobile.sync.outofoffice import Audience, OofMessage, OofState, OutOfOffice


def out_of_office(db: sqlite3.Connection) -> OutOfOffice:
    """See :meth:`IOutOfOffice.out_of_office`."""
    doc = json.loads(db.execute("SELECT out_of_office FROM mailbox").fetchone()[0])
    if not doc:
        return OutOfOffice()
    return OutOfOffice(
        state=OofState(doc["state"]),
        start=doc["start"],
        end=doc["end"],
        messages=tuple(
            (Audience(audience), OofMessage(enabled=enabled, text=text, html=html))
            for audience, enabled, text, html in doc["messages"]
        ),
    )


def set_out_of_office(change: Change, settings: OutOfOffice) -> None:
    """See :meth:`IOutOfOffice.set_out_of_office`."""
    doc = {
        "state": settings.state.value,
        "start": settings.start,
        "end": settings.end,
        "messages": [
            (audience.value, message.enabled, message.text, message.html)
            for audience, message in settings.messages
        ],
    }
    change.db.execute("UPDATE mailbox SET out_of_office = ?", (json.dumps(doc),))
