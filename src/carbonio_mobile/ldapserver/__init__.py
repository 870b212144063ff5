"""The LDAP listener: connections, sessions, and what each may ask of the books."""
