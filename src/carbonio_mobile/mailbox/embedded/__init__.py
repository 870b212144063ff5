"""The embedded mailbox: one SQLite database per account."""

from carbonio_mobile.mailbox.embedded.mailboxes import EmbeddedMailboxes, Tuning

__all__ = ["EmbeddedMailboxes", "Tuning"]
