"""The daemon: its options, how its parts are put together, started, reloaded and stopped."""
