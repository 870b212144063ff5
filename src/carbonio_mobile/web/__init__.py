"""The HTTP edge: bounds size and time of each request, hands it inward, sends the answer."""
