"""Pure synchronisation: states, keys, differences and windows; takes values, returns values."""
