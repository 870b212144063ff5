"""What the requirement rows of the specifications are proved by, told from the sources of tests."""
