"""The steps that bring an embedded directory to the newest schema."""
