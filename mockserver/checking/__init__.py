"""Data that people or programs hand us, checked against a type: fast when it fits, all problems at once when not.

`convert` decodes with msgspec alone; only a value that does not fit is walked beside its type, by
`find_problems`. `unknown_fields` tells what a lenient reader would silently drop. Files people write are
read by `mockserver.checking.yaml`, which is imported by who needs it: PyYAML is not loaded before.
"""

from __future__ import annotations

from mockserver.checking.conversion import convert
from mockserver.checking.problems import find_problems
from mockserver.checking.unknown import unknown_fields

__all__ = ["convert", "find_problems", "unknown_fields"]
