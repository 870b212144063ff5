"""The outbox by the name under which the daemon knew it first; see ``mailbox/delivery``."""

from carbonio_mobile.mailbox.delivery.outbox import Outbox, OutboxOptions

__all__ = ["Outbox", "OutboxOptions"]
