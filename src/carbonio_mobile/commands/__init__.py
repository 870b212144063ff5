"""One module per EAS command: what the server does when asked."""
