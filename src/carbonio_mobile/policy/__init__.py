"""Decisions from facts and the time, as values; pure."""
