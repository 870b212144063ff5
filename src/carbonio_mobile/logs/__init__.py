"""What is written to logs: field names and redaction."""
