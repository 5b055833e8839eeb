"""A team's own functions, conditions and variables, from a module of theirs.

The module has a function `register` that is given the registry::

    from mockserver.platforms.akana.workflow.registry import function

    @function("openTicket", OpenTicket)
    def open_ticket(context, args): ...

    def register(registry):
        registry.add(open_ticket)
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

from mockserver.errors import Invalid, Unknown
from mockserver.platforms.akana.workflow.registry import Registry


def load_extensions(names: Iterable[str], registry: Registry[Any]) -> None:
    """Let each module register what it brings. A name is dotted (`team.workflow`) or a file's (`team/workflow.py`).

    Raises `Unknown` for a module that is not there, `Invalid` for one that breaks or has no `register`, `Conflict`
    for a name that is taken.
    """
    for name in names:
        register = getattr(_module(name), "register", None)
        if not callable(register):
            raise Invalid(
                f"The extension {name} has no function named 'register'.",
                hint="It gets the registry: def register(registry): registry.add(…).",
            )
        register(registry)


def _module(name: str) -> ModuleType:
    try:
        return _from_file(Path(name)) if name.endswith(".py") else _from_path(name)
    except (FileNotFoundError, ModuleNotFoundError) as error:
        missing = getattr(error, "name", None)
        if missing is not None and missing != name and not name.startswith(f"{missing}."):
            raise Invalid(f"The extension {name} needs the module {missing!r}, which is not installed.") from error
        raise Unknown("extension", name, hint="Give a module that can be imported here, or a .py file.") from None
    except Exception as error:
        raise Invalid(f"The extension {name} cannot be imported: {type(error).__name__}: {error}") from error


def _from_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise FileNotFoundError(path)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _from_path(name: str) -> ModuleType:
    here = str(Path.cwd())
    if here not in sys.path:
        # As with `python -m`: a module of the project that somebody stands in.
        sys.path.insert(0, here)
    return importlib.import_module(name)
