from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.os1.helpers import Os1
from tests.support import Live


@pytest.fixture
def new_os1(new_world: Callable[..., Live]) -> Callable[..., Os1]:
    """Makes frozen worlds with the fixture of OS1; the settings given are of its section."""

    def make(fixtures: tuple[str, ...] = ("os1/quickstart",), **settings: object) -> Os1:
        return Os1(new_world(clock={"mode": "frozen"}, fixtures=list(fixtures), settings={"os1": settings}))

    return make


@pytest.fixture
def os1(new_os1: Callable[..., Os1]) -> Os1:
    """A frozen world with two organizations, their apps and solution, a sandbox stack and a shared one."""
    return new_os1()
