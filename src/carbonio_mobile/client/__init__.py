"""carbonio-mobile-client: a phone on the command line."""
