"""One suite of tests for each interface; a backend passes all of it, without exceptions."""
