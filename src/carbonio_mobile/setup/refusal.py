"""The end of a command that cannot be done, with the reason for the person who gave it."""

from carbonio_mobile.errors import CarbonioMobileError


class Refused(CarbonioMobileError):
    """The command does nothing; the text says why and what would help."""
