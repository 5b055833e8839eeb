"""What came through a recording proxy, kept until it is written: as HAR, or as the scenario that replays it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import msgspec

from mockserver.recordings.har import har
from mockserver.recordings.har_import import Imported, scenario_of
from mockserver.world.journal import MAX_SERVER_BYTES, Exchange
from mockserver.world.redaction import Redaction

MOST_BYTES: Final = MAX_SERVER_BYTES


class Passed(msgspec.Struct, frozen=True, kw_only=True):
    """One exchange that came through, or did not: then `why` says so, and it is not kept.

    `waited` are the seconds until the answer began. `cut_off` says what of the answer was not kept, if
    anything.
    """

    exchange: Exchange
    waited: float = 0.0
    cut_off: str | None = None
    why: str | None = None


class Reel:
    """The exchanges of one recording, `most` bytes of them; `tell` hears of each, kept or not."""

    def __init__(self, tell: Callable[[Passed], None] = lambda passed: None, *, most: int = MOST_BYTES) -> None:
        self.left_out: list[str] = []
        self._tell = tell
        self._most = most
        self._kept: list[Passed] = []
        self._bytes = 0
        self._began = 0

    def __len__(self) -> int:
        return len(self._kept)

    def begin(self) -> int:
        """Reserve the place in the order of beginnings for something that starts now."""
        self._began += 1
        return self._began

    def add(self, passed: Passed) -> None:
        """Keep something that came through, unless it says why not, or there is no more room."""
        exchange = passed.exchange
        if passed.why is None and self._bytes + exchange.size > self._most:
            passed = msgspec.structs.replace(passed, why=f"the recording holds {self._most} bytes already")
        if passed.why is None:
            self._bytes += exchange.size
            self._kept.append(passed)
        else:
            self.left_out.append(f"{exchange.method} {exchange.path}: {passed.why}")
        self._tell(passed)

    def har(self, title: str) -> dict[str, Any]:
        """The recording as HAR 1.2, without secrets: what is named as one anywhere is hidden everywhere."""
        exchanges = [each.exchange for each in self._kept]
        redaction = Redaction()
        for password in _passwords(exchanges):
            redaction.placeholder("password", password)
        # Once to meet every secret by its name: it may have stood before without one, as in a page's form.
        har(exchanges, redaction, title=title)
        document = har(exchanges, redaction, title=title)
        kept = {each.exchange.id: each for each in self._kept}
        for entry in document["log"]["entries"]:
            passed = kept[entry["_id"]]
            waited = min(round(passed.waited * 1000, 3), entry["time"])
            entry["timings"] |= {"wait": waited, "receive": round(entry["time"] - waited, 3)}
            if passed.cut_off is not None:
                entry["response"]["content"] |= {"comment": passed.cut_off, "_cut_off": passed.cut_off}
        return document

    def scenario(self, name: str, title: str) -> Imported:
        """The recording as a scenario, and what is not in it. Raises `Invalid` when nothing can be replayed."""
        imported = scenario_of(msgspec.json.encode(self.har(title)), name, source="The recording")
        return Imported({**imported.scenario, "summary": title}, [*self.left_out, *imported.left_out])


def _passwords(exchanges: Iterable[Exchange]) -> Iterator[str]:
    """The secrets inside of Basic credentials, which may stand alone elsewhere."""
    for exchange in exchanges:
        for name, value in exchange.request_headers:
            scheme, _, credential = value.partition(" ")
            if name == "authorization" and scheme.lower() == "basic":
                try:
                    password = base64.b64decode(credential).decode().partition(":")[2]
                except (binascii.Error, UnicodeDecodeError):
                    continue
                if password:
                    yield password
