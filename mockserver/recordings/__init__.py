"""Recordings: what happened in a world, written down as a scenario that makes it happen again.

`record` turns exchanges into a scenario, plain data that `mockserver.scenarios` reads; a recording is
a scenario that somebody else wrote.
"""

from __future__ import annotations

from mockserver.recordings.recorder import Beginning, record, write

__all__ = ["Beginning", "record", "write"]
