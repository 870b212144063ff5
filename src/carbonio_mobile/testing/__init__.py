"""Contract suites, fakes and generators for people who write backends, and for our own tests."""
