"""Every command of the plane, declared once: command line, help and socket follow from it."""
