"""Tests of the LDAP codec; a package, so that they share the other codec and generated requests."""
