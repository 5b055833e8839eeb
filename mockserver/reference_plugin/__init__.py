"""A complete small ATO plugin: the example to read before writing your own.

It knows MOTAR's wire and nothing of the emulator that ships it, so the same code would talk to the real platform.
Read `motar.py` first (what the plugin says to MOTAR), then `plugin.py` (what reaches the plugin).
"""

from mockserver.reference_plugin.motar import Settings
from mockserver.reference_plugin.plugin import build_plugin

__all__ = ["Settings", "build_plugin"]
