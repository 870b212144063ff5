"""One module per command: its request and response as values, read from and built to trees."""
