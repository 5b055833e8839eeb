"""All that workflows may name here: the vendor's functions, conditions and variables."""

from __future__ import annotations

from functools import cache

from mockserver.platforms.akana.conditions import CONDITIONS
from mockserver.platforms.akana.functions import FUNCTIONS
from mockserver.platforms.akana.subject import Subject
from mockserver.platforms.akana.variables import VARIABLES
from mockserver.platforms.akana.workflow.registry import Registry


@cache
def registry() -> Registry[Subject]:
    """The registry with everything in it."""
    made: Registry[Subject] = Registry()
    made.add(*FUNCTIONS, *CONDITIONS, *VARIABLES)
    return made
