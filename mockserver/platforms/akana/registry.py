"""All that workflows may name here: the vendor's functions, conditions and variables."""

from __future__ import annotations

from functools import lru_cache

from mockserver.platforms.akana.conditions import CONDITIONS
from mockserver.platforms.akana.functions import FUNCTIONS
from mockserver.platforms.akana.subject import Subject
from mockserver.platforms.akana.variables import VARIABLES
from mockserver.platforms.akana.workflow.extensions import load_extensions
from mockserver.platforms.akana.workflow.registry import Registry


@lru_cache(maxsize=16)
def registry(extensions: tuple[str, ...] = ()) -> Registry[Subject]:
    """The registry with everything in it, and what the modules of a team register.

    Raises `Unknown`, `Invalid` or `Conflict` for a module that cannot be used.
    """
    made: Registry[Subject] = Registry()
    made.add(*FUNCTIONS, *CONDITIONS, *VARIABLES)
    load_extensions(extensions, made)
    return made
