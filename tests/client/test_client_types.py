"""What a type checker sees: one description of each call, typed for who blocks and for who awaits."""

from __future__ import annotations

import sys
from pathlib import Path

from mypy import api

ROOT = Path(__file__).parent.parent.parent
SOURCE = """
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from typing import Any, assert_type

from mockserver import AsyncWorldClient, WorldClient, connect
from mockserver.client import AsyncServerClient, Exchange, ServerClient, SignIn

world = connect("http://127.0.0.1:8600")
assert_type(world, WorldClient)
assert_type(world.journal.wait("POST /x", status=200, timeout=1), list[Exchange])
assert_type(world.journal.verify(path="/x", count=2), int)
assert_type(world.sign_in("@olivia", visit=True), SignIn)
assert_type(world.clock.advance("25h"), datetime)
assert_type(world.follow("a.yaml"), Iterator[dict[str, Any]])
assert_type(ServerClient("http://127.0.0.1:8600").create_world("a", seed=1), WorldClient)


async def awaits(world: AsyncWorldClient) -> None:
    assert_type(await world.journal.wait("POST /x", count=2), list[Exchange])
    assert_type(world.follow("a.yaml"), AsyncIterator[dict[str, Any]])
    assert_type(await AsyncServerClient("http://127.0.0.1:8600").create_world(), AsyncWorldClient)


world.journal.wait("POST /x", sttus=200)  # WRONG
world.journal.verify(kind="webhook")  # WRONG
world.sign_in("@olivia", decision="maybe")  # WRONG
world.clock.advance()  # WRONG
"""


def test_calls_are_typed_for_both(tmp_path):
    file = tmp_path / "uses.py"
    file.write_text(SOURCE)
    wrong = [n for n, line in enumerate(SOURCE.splitlines(), 1) if line.endswith("# WRONG")]
    cache = ["--cache-dir", str(ROOT / ".mypy_cache")]
    out, err, _ = api.run(["--strict", *cache, "--python-executable", sys.executable, str(file)])
    told = [int(line.split(":")[1]) for line in out.splitlines() if ": error:" in line]
    assert told == wrong, out + err
