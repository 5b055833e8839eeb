from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.akana.portal import FIXTURE, Portal
from tests.support import Live


@pytest.fixture
def new_portal(new_world: Callable[..., Live]) -> Iterator[Callable[..., Portal]]:
    """Makes worlds with the tests' portal: `new_portal(admin_role="team")` sets Akana's settings."""
    made: list[Portal] = []

    def make(**akana: Any) -> Portal:
        world = new_world(clock={"mode": "frozen"}, fixtures=[FIXTURE], settings={"akana": akana})
        made.append(Portal(world))
        return made[-1]

    yield make
    for portal in made:
        portal.close()


@pytest.fixture
def portal(new_portal: Callable[..., Portal]) -> Portal:
    """A fresh frozen world with the tests' portal."""
    return new_portal()
