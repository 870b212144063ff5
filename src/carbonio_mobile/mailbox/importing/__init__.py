"""Mail in files, as other programs keep it: found, read, ready to be stored."""
