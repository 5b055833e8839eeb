"""The order in which an onboarding initialises apps: worked out from their permission files, or as the caller says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from mockserver.platforms.os1.models_aaa import PermissionFile


class Cycle(Exception):
    """Apps that require each other's roles in a ring: each of `apps` requires a role of the next."""

    def __init__(self, apps: Sequence[str]) -> None:
        super().__init__(" -> ".join(apps))
        self.apps = tuple(apps)


class Candidate(msgspec.Struct, frozen=True):
    """An app to be put in order: its key (the app version's id), AAA id and permissions."""

    key: str
    urn: str
    file: PermissionFile


def derived(candidates: Sequence[Candidate]) -> list[str]:
    """The keys in an order in which each app comes after those whose roles it requires; ties as given.

    Roles of apps that are not among the candidates ask for nothing: those are there already, or are
    not ours to bring. Raises `Cycle`.
    """
    needs = requirements(candidates)
    ordered: list[str] = []
    left = [each.key for each in candidates]
    while left:
        ready = next((key for key in left if needs[key].issubset(ordered)), None)
        if ready is None:
            raise Cycle(_ring(needs, left))
        ordered.append(ready)
        left.remove(ready)
    return ordered


def requirements(candidates: Sequence[Candidate]) -> dict[str, set[str]]:
    """For each key the other candidates' keys whose roles it requires."""
    by_urn = {each.urn: each.key for each in candidates}
    offering: dict[str, set[str]] = {}
    for each in candidates:
        for offered in each.file.roles:
            offering.setdefault(offered.role_name, set()).add(each.key)
    needs: dict[str, set[str]] = {}
    for each in candidates:
        required: set[str] = set()
        for role in each.file.roles_required:
            if role.app_id is None:
                required |= offering.get(role.role_name, set())
            elif role.app_id in by_urn:
                required.add(by_urn[role.app_id])
        needs[each.key] = required - {each.key}
    return needs


def _ring(needs: Mapping[str, set[str]], left: Sequence[str]) -> list[str]:
    """One ring among those that are left, closed: the first is named again at the end."""
    path = [left[0]]
    while True:
        following = next(key for key in left if key in needs[path[-1]])
        if following in path:
            return [*path[path.index(following) :], following]
        path.append(following)
