"""The reference of the Python client, from its signatures and docstrings."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Final

from mockserver import client
from mockserver.client import answers
from mockserver.client.calls import stream
from mockserver.client.clients import ServerMethods
from mockserver.client.world import ClockMethods, JournalMethods, WorldMethods

HEAD: Final = """\
# Python client

`from mockserver import connect`. It speaks HTTP only, and needs no pytest; [in pytest](../pytest.md) the fixture
`world` is such a client. `connect_async` answers the same with every call to be awaited.

<!-- run -->
```python
from mockserver import connect

world = connect("http://127.0.0.1:8600")
request = world.act("motar.start_ato_request")["request_id"]
world.settle()
```

Errors are `MockserverError`s: `Unreachable` when nobody answers, `ServerSaidNo` with all that the server said, and
`NotAsExpected` (an `AssertionError` as well) when the journal or a scenario does not hold what was expected.
"""

SECTIONS: Final = (
    ("A world", "world", WorldMethods),
    ("Its journal", "world.journal", JournalMethods),
    ("Its clock", "world.clock", ClockMethods),
    ("A server", "server", ServerMethods),
)


def page() -> str:
    """The page."""
    lines = [HEAD]
    for heading, name, methods in SECTIONS:
        lines.append(f"## {heading}\n")
        if methods is ServerMethods:
            lines.append("`ServerClient(url, token)`, a context manager; the fixture `emulator` is one.\n")
        for each in vars(methods):
            if not each.startswith("_"):
                answered = "Iterator[{}]" if isinstance(vars(methods)[each], stream) else "{}"
                lines += _method(f"{name}.{each}", getattr(methods, each), answered)
    lines.append("## What is answered\n")
    for each in client.__all__:
        answer = getattr(client, each)
        if answer.__module__ == answers.__name__:
            fields = ", ".join(f"`{field}`" for field in inspect.get_annotations(answer))
            lines.append(f"- `{each}`: {fields}. {_flat(inspect.getdoc(answer))}")
    return "\n".join(lines) + "\n"


def _method(name: str, function: Callable[..., object], answered: str) -> Iterator[str]:
    yield f"### {name}\n"
    yield f"```text\n{name.rpartition('.')[2]}{_signature(function, answered)}\n```\n"
    yield f"{inspect.getdoc(function) or ''}\n"


def _signature(function: Callable[..., object], answered: str) -> str:
    """A signature as it is written, on several lines where it is long."""
    signature = inspect.signature(function)
    parts, star = [], False
    for each in list(signature.parameters.values())[1:]:
        if each.kind is each.KEYWORD_ONLY and not star:
            parts.append("*")
            star = True
        mark = "**" if each.kind is each.VAR_KEYWORD else "*" if each.kind is each.VAR_POSITIONAL else ""
        default = "" if each.default is each.empty else f" = {each.default!r}"
        parts.append(f"{mark}{each.name}: {each.annotation}{default}")
    answer = re.sub(r"^Call\[(.*)\]$", r"\1", str(signature.return_annotation))
    answer = answered.format(re.sub(r"\bW\b", "WorldClient", answer))
    line = f"({', '.join(parts)}) -> {answer}"
    return line if len(line) <= 80 else "(\n" + "".join(f"    {part},\n" for part in parts) + f") -> {answer}"


def _flat(text: str | None) -> str:
    return " ".join((text or "").split())
