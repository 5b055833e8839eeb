"""Checks of a plugin: each is tried in a world that starts over, and says what a good plugin does.

They use an emulator as any program does, over its control API: the one that `mockserver check` starts,
or one that runs elsewhere.
"""

from mockserver.checks.bench import Bench, Waits
from mockserver.checks.model import CannotCheckError, Check, Result
from mockserver.checks.suite import CHECKS, chosen, perform

__all__ = ["CHECKS", "Bench", "CannotCheckError", "Check", "Result", "Waits", "chosen", "perform"]
