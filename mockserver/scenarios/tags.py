"""Tags: words by which scenarios are chosen."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Annotated, Final

from msgspec import Meta

from mockserver.checking.paths import item
from mockserver.checking.yaml_reader import read_text
from mockserver.errors import Problem, Unknown
from mockserver.world.matchers import show

PATTERN: Final = "^[a-z0-9]+(-[a-z0-9]+)*$"
LONGEST: Final = 40

Tag = Annotated[str, Meta(extra_json_schema={"pattern": PATTERN, "maxLength": LONGEST})]
"""A tag; what it may look like is told by `tag_problems`, in better words than those of a pattern."""


def tag_problems(tags: object, path: str = "$.tags") -> Iterator[Problem]:
    """What is wrong with the tags of a scenario, where they are texts in a list."""
    seen = set()
    for index, tag in enumerate(tags if isinstance(tags, list) else ()):
        if not isinstance(tag, str):
            continue
        if not is_tag(tag):
            meant = re.sub(r"[^a-z0-9]+", "-", tag.lower()).strip("-")
            expected = f"lower-case words with dashes, up to {LONGEST} characters, such as sign-in"
            yield Problem(item(path, index), expected, show(tag), meant if meant != tag and is_tag(meant) else None)
        elif tag in seen:
            yield Problem(item(path, index), "each tag once", f"{show(tag)} again")
        seen.add(tag)


def is_tag(text: str) -> bool:
    """Whether a text can be a tag."""
    return len(text) <= LONGEST and re.fullmatch(PATTERN.strip("^$"), text) is not None


@lru_cache(maxsize=256)
def tags_in(text: str | bytes) -> tuple[str, ...]:
    """The tags of a scenario file, read without a look at the rest; none where they cannot be read."""
    value = read_text(text).value
    tags = value.get("tags") if isinstance(value, dict) else None
    return tuple(tag for tag in tags if isinstance(tag, str) and is_tag(tag)) if isinstance(tags, list) else ()


def check_known(tags: Iterable[str], known: Iterable[str]) -> None:
    """Raise `Unknown` for a tag that no scenario has, with those there are."""
    there = sorted(set(known))
    for tag in tags:
        if tag not in there:
            hint = f"There are: {', '.join(there)}." if there else "No scenario here has any."
            raise Unknown("scenario with a tag", tag, there, hint=hint)
