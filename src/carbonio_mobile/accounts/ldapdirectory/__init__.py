"""Accounts and people of an LDAP directory: connections, logins, attributes, address lists."""
