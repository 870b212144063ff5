"""A walk through the whole of ActiveSync against any server, with a report of what works."""
