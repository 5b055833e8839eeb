from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
CLEAN = {key: value for key, value in os.environ.items() if not key.startswith("MOTAR_MOCK_")}


@dataclass(frozen=True)
class Done:
    """What came of a program that ran offline; `tried` are the attempts to leave the machine, each in words."""

    code: int
    out: str
    tried: list[str]


@cache
def can_be_alone() -> bool:
    """Whether a program can have a network of its own here, in which there is only the loopback."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return False
    command = [unshare, "-rn", sys.executable, str(HERE / "alone.py"), os.devnull, "true"]
    return subprocess.run(command, capture_output=True).returncode == 0


@pytest.fixture
def offline(tmp_path: Path) -> Callable[..., Done]:
    """Runs Python with these words where neither other machines nor names can be reached.

    `alone` gives it a network of its own, if that can be had (then the kernel refuses, uvloop too); besides a hook
    in Python refuses and tells.
    """

    def run(*words: str, alone: bool | None = None, **environment: Any) -> Done:
        log = tmp_path / "tried.log"
        log.write_text("")
        alone = can_be_alone() if alone is None else alone
        before = ["unshare", "-rn", sys.executable, str(HERE / "alone.py"), str(log)] if alone else []
        guarded = {"PYTHONPATH": str(HERE / "guard"), "OFFLINE_LOG": str(log), **environment}
        if not alone:
            guarded["OFFLINE_WITHOUT_UVLOOP"] = "1"
        done = subprocess.run(
            [*before, sys.executable, *words],
            cwd=tmp_path,
            env={**CLEAN, **guarded},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=100,
        )
        return Done(done.returncode, done.stdout, log.read_text().splitlines())

    return run
