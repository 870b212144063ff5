"""The administration plane: what commands there are, who answers them, and the socket they come by.

``declaring`` and ``catalogue`` say what may be asked; ``responders`` answer; ``server`` carries.
"""
