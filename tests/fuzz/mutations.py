"""Files and documents that are nearly right: shipped ones with something changed, left out, or there twice."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as st

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-5, 5),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(["", "\x00", "\ud800", "@olivia", "$steps.a.outputs.b", "{{ x }}", "$", "now", "1d", "-1s", "P1D"]),
    st.sampled_from(
        [10**40, -1, 0, "9" * 400, "http://[", "http://127.0.0.1:99999/", "2026-13-01", "0001-01-01T00:00:00Z"]
    ),
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)),
    max_leaves=8,
)


@st.composite
def mutated(draw: st.DrawFn, value: Any) -> Any:
    """`value` with one to three of its parts replaced, taken away, or repeated."""
    changed = copy.deepcopy(value)
    for _ in range(draw(st.integers(1, 3))):
        holder, key = draw(st.sampled_from(places)) if (places := list(_places(changed))) else (None, None)
        match draw(st.sampled_from(["replace", "replace", "remove", "repeat", "rename"])):
            case _ if holder is None:
                changed = draw(ANYTHING)
            case "remove":
                del holder[key]
            case "repeat" if isinstance(holder, list):
                holder.append(copy.deepcopy(holder[key]))
            case "rename" if isinstance(holder, dict):
                holder[draw(st.text(max_size=8))] = holder.pop(key)
            case _:
                holder[key] = draw(ANYTHING)
    return changed


def _places(value: Any) -> Any:
    """Every place in a document as its holder and its key or index."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in entries:
        yield value, key
        yield from _places(part)


@st.composite
def garbled(draw: st.DrawFn, text: str) -> str:
    """`text` with pieces of it cut out, repeated, moved, or interrupted by something odd."""
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 60)))
        piece = text[start:end]
        match draw(st.sampled_from(["cut", "repeat", "odd", "indent"])):
            case "cut":
                text = text[:start] + text[end:]
            case "repeat":
                text = text[:end] + piece + text[end:]
            case "odd":
                text = text[:start] + draw(ODD_TEXT) + text[start:]
            case _:
                text = text[:start] + "\n  " + text[start:]
    return text


ODD_TEXT = st.one_of(
    st.text(max_size=6),
    st.sampled_from(
        ["&a ", "*a", "!!python/object:os.system ", "<<: *a", "%YAML 9.9\n---\n", "\t", "---\n", "? ", "|2\n"]
    ),
    st.sampled_from(
        ["[" * 200, "{a: " * 200, "- " * 300, "\x00", "\ufeff", "'", '"', ": : ", "\u2028", "0x_", "1:30", "yes"]
    ),
)
