"""One module per command: its request and response as values, parsed from and built to element trees."""
