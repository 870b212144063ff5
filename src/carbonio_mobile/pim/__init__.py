"""Contacts, events, tasks and notes: records, and the vCards and calendars that they come in."""
