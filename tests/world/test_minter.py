from __future__ import annotations

import os
import subprocess
import sys
import threading

from mockserver.world.world import World
from mockserver.world.worlds import ClockSpec
from tests.toy import toy_worlds


def world(name: str = "alpha", seed: int = 0) -> World:
    return toy_worlds(clock=ClockSpec("frozen")).create(name, seed=seed)


def minted(world: World, *kinds: str, parent: str = "") -> list[str]:
    with world.transaction():
        return [world.mint.hex(32, kind, parent) for kind in kinds]


def test_the_same_calls_mint_the_same_values():
    assert minted(world(), "a", "a", "b") == minted(world(), "a", "a", "b")


def test_other_kinds_in_between_change_nothing():
    alone, mixed = minted(world(), "a", "a"), minted(world(), "b", "a", "c", "a", "b")
    assert [mixed[1], mixed[3]] == alone


def test_nothing_is_minted_twice_across_worlds_seeds_kinds_and_parents():
    values = [
        value
        for name in ("alpha", "beta")
        for seed in (0, 1, -1, 10**30)
        for parent in ("", "p", "q")
        for value in minted(world(name, seed), "a", "b", "a", "b", "ab", parent=parent)
    ]
    assert len(set(values)) == len(values)


def test_a_rolled_back_number_is_given_again():
    here = world()
    try:
        with here.transaction():
            lost = here.mint.hex(32, "a")
            raise KeyError
    except KeyError:
        pass
    assert minted(here, "a") == [lost]


def test_values_are_as_long_as_asked():
    here = world()
    with here.transaction():
        assert [len(here.mint.hex(length, "a")) for length in (1, 7, 48, 162)] == [1, 7, 48, 162]
        assert len(here.mint.octets(5, "a")) == 5
        assert here.mint.count("n") == 1
        assert here.mint.count("n") == 2
        assert here.mint.count("n", "parent") == 1
        assert here.mint.constant(32, "key") == here.mint.constant(32, "key") != here.mint.constant(32, "other")


STORY = """
from tests.toy import toy_worlds
from mockserver.world.worlds import ClockSpec
world = toy_worlds(clock=ClockSpec("frozen")).create("alpha", seed=3)
with world.transaction():
    print([world.mint.hex(40, kind, parent) for kind in "abc" for parent in "xy"])
    print(world.mint.faker("company").company(), world.mint.faker("name").name(), world.mint.faker("name").name())
"""


def test_no_process_and_no_hash_seed_makes_a_difference():
    told = {
        subprocess.run(
            [sys.executable, "-c", STORY],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "random")
    }
    assert len(told) == 1


def test_invented_names_depend_on_nothing_else():
    one, other = world(), world()
    with one.transaction(), other.transaction():
        one.mint.faker("address").address()
        names = [one.mint.faker("name").name(), one.mint.faker("name").name()]
        assert [other.mint.faker("name").name(), other.mint.faker("name").name()] == names
        assert names[0] != names[1]


def test_servers_on_several_threads_do_not_mix_their_invented_names():
    def names(into: list[list[str]]) -> None:
        here = world()
        with here.transaction():
            into.append([here.mint.faker("name").name() for _ in range(200)])

    found: list[list[str]] = []
    threads = [threading.Thread(target=names, args=(found,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert all(each == found[0] for each in found)
