"""Tests of the WBXML codec; a package, so that they share generated trees."""
