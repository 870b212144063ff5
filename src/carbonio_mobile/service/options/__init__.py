"""Every option of the configuration file, declared once; see ``table``."""

from carbonio_mobile.service.options.option import Kind, Option
from carbonio_mobile.service.options.table import BY_PATH, BY_SPELLING, OPTIONS, SECTIONS

__all__ = ["BY_PATH", "BY_SPELLING", "OPTIONS", "SECTIONS", "Kind", "Option"]
