"""By which login accounts reach the servers behind the gateway."""
