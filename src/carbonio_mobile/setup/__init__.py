"""carbonio-mobile-setup: the first domain, accounts and mail, from the command line."""
