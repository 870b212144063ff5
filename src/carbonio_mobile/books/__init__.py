"""The books that are there: the address list, contact folders, and who is shown which."""
