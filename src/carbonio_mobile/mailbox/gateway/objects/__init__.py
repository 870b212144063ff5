"""Calendars, tasks, contacts and notes of the gateway on a DAV server."""
