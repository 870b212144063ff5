"""The door to composition: mail that is sent, answered, forwarded, drafted or returned."""

from carbonio_mobile.mime.answers import forward, replace, reply
from carbonio_mobile.mime.bounces import Failure, bounce
from carbonio_mobile.mime.building import Body, NewAttachment
from carbonio_mobile.mime.drafts import DraftChange, Drafted, draft, patch_draft
from carbonio_mobile.mime.outgoing import Outgoing, prepare_outgoing

__all__ = [
    "Body",
    "DraftChange",
    "Drafted",
    "Failure",
    "NewAttachment",
    "Outgoing",
    "bounce",
    "draft",
    "forward",
    "patch_draft",
    "prepare_outgoing",
    "replace",
    "reply",
]
