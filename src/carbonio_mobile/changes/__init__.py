"""The change hub behind Ping and waiting Syncs."""
