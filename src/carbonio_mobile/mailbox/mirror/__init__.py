"""The mirror of a mailbox that stands on other servers, in a database like an embedded one's."""
