"""An Exchange ActiveSync server and LDAP address book for Carbonio and plain mail servers."""

__version__ = "0.1.0"
