"""The init sequence: each app after those whose roles it requires, whatever the files say."""

from __future__ import annotations

import itertools

import hypothesis.strategies as st
import pytest
from hypothesis import given

from mockserver.platforms.os1.models_aaa import PermissionFile, RoleDefinition, RoleName
from mockserver.platforms.os1.sequence import Candidate, Cycle, derived, requirements


def candidate(key: str, *, offers: tuple[str, ...] = (), requires: tuple[RoleName, ...] = ()) -> Candidate:
    roles = tuple(RoleDefinition(role_name=each, description="A role") for each in offers)
    return Candidate(key, f"urn:{key}", PermissionFile(app_id=f"urn:{key}", roles=roles, roles_required=requires))


def test_ties_keep_the_order_given():
    assert derived([candidate("c"), candidate("a"), candidate("b")]) == ["c", "a", "b"]


@pytest.mark.parametrize("required", [RoleName("r"), RoleName("r", "urn:b")])
def test_an_app_comes_after_the_one_whose_role_it_requires(required: RoleName):
    assert derived([candidate("a", requires=(required,)), candidate("b", offers=("r",)), candidate("c")]) == [
        "b",
        "a",
        "c",
    ]


def test_roles_from_elsewhere_and_ones_own_ask_for_nothing():
    elsewhere = (RoleName("x"), RoleName("r", "urn:elsewhere"), RoleName("own"))
    assert derived([candidate("a", offers=("own",), requires=elsewhere), candidate("b")]) == ["a", "b"]


def test_a_ring_is_named_closed():
    ring = [
        candidate("a", offers=("ra",), requires=(RoleName("rb"),)),
        candidate("b", offers=("rb",), requires=(RoleName("rc"),)),
        candidate("c", offers=("rc",), requires=(RoleName("rb"),)),
    ]
    with pytest.raises(Cycle) as cycle:
        derived(ring)
    assert cycle.value.apps == ("b", "c", "b")


@given(st.lists(st.sets(st.integers(0, 7)), min_size=1, max_size=8))
def test_whatever_is_required_comes_before_or_there_is_a_ring(wanted: list[set[int]]):
    apps = [
        candidate(str(n), offers=(f"r{n}",), requires=tuple(RoleName(f"r{each}") for each in sorted(needs)))
        for n, needs in enumerate(wanted)
    ]
    needs = requirements(apps)
    ring: tuple[str, ...] = ()
    ordered: list[str] = []
    try:
        ordered = derived(apps)
    except Cycle as cycle:
        ring = cycle.apps

    if ring:
        assert len(ring) > 2
        assert ring[0] == ring[-1]
        assert all(following in needs[key] for key, following in itertools.pairwise(ring))
    else:
        assert sorted(ordered) == sorted(needs)
        assert all(ordered.index(each) < ordered.index(key) for key in needs for each in needs[key])
