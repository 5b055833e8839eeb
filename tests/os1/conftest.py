from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.conftest import world_maker
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


@pytest.fixture(scope="module")
def module_os1(server: str) -> Iterator[Os1]:
    """The same for all tests of a module that only add to it or look."""
    with world_maker(server) as make:
        yield Os1(make(clock={"mode": "frozen"}, fixtures=["os1/quickstart"]))
