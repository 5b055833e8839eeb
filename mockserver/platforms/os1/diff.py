"""What would change: two permission files side by side, part by part."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from mockserver.platforms.os1.models_aaa import PermissionFile

Change = Literal["added", "changed", "removed"]


class Line(msgspec.Struct, frozen=True, rename="camel"):
    """One thing that differs: what kind of thing, its name, and what it was and will be in words."""

    part: str
    name: str
    change: Change
    before: str | None = None
    after: str | None = None


def differences(before: PermissionFile | None, after: PermissionFile | None) -> list[Line]:
    """Everything that is added, changed or removed on the way from one file to the other, in the order of the parts."""
    lines: list[Line] = []
    for part in ("resources", "permissions", "roles", "roles_required", "user_groups_required"):
        old, new = _named(before, part), _named(after, part)
        for name in (*old, *(each for each in new if each not in old)):
            if old.get(name) == new.get(name):
                continue
            change: Change = "added" if name not in old else "removed" if name not in new else "changed"
            lines.append(Line(part, name, change, old.get(name), new.get(name)))
    return lines


def _named(file: PermissionFile | None, part: str) -> dict[str, str]:
    return {_name(each): _in_words(each) for each in getattr(file, part)} if file is not None else {}


def _name(thing: Any) -> str:
    for field in ("action", "name", "role_name"):
        if hasattr(thing, field):
            app = getattr(thing, "app_id", None)
            return f"{app}/{getattr(thing, field)}" if app else str(getattr(thing, field))
    raise AssertionError(f"{thing!r} has no name")


def _in_words(thing: Any) -> str:
    told = msgspec.to_builtins(thing)
    return msgspec.json.encode({name: value for name, value in told.items() if value not in (None, [])}).decode()
