"""The server is killed at random moments while clients write: what it has acknowledged is there afterwards.

`TORTURE=1000` asks for so many rounds altogether and prints how it goes (`make torture`).
"""

from __future__ import annotations

import os
import random
import threading
from pathlib import Path

import pytest

from tests.store.support import Nursery, nursery
from tests.store.writers import Connection, Maker, Reporter, Settler, Starter, Writer

STORIES = 10
ROUNDS = int(os.environ.get("TORTURE", "50"))


def first_steps(url: str) -> list[Writer]:
    """Prepare the world `default`, and answer who writes from then on."""
    connection = Connection(url)
    plugin = connection.documents("motar.plugins")[0]
    request = connection.call("POST", "/_mock/worlds/default/actions/motar.start_ato_request", {})["request_id"]
    connection.close()
    return [Starter(), Settler(), Maker(), Reporter(request, plugin["client_id"], plugin["client_secret"])]


@pytest.mark.timeout(600 if "TORTURE" not in os.environ else 36_000)
@pytest.mark.parametrize("story", range(STORIES))
def test_what_was_acknowledged_survives_being_killed(story: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    chance = random.Random(story)
    durability = "fsync" if story % 5 == 4 else "os"
    with nursery(tmp_path / "data", durability) as servers:
        pid, url = servers.start()
        writers = first_steps(url)
        for n in range(max(ROUNDS // STORIES, 1)):
            write_until_killed(servers, pid, url, writers, chance.uniform(0.0, 0.2))
            if chance.random() < 0.2:
                # A server that is only just coming up may be killed as well.
                pid, _ = servers.start()
                threading.Event().wait(chance.uniform(0.0, 0.1))
                servers.kill(pid)
            pid, url = servers.start()
            connection = Connection(url)
            for writer in writers:
                writer.check(connection)
            connection.close()
            if "TORTURE" in os.environ:
                acknowledged = sum(writer.acknowledged for writer in writers)
                with capsys.disabled():
                    print(f"story {story} ({durability}): round {n + 1}, {acknowledged} acknowledged writes, all there")
        servers.kill(pid)
    assert sum(writer.acknowledged for writer in writers) >= max(ROUNDS // STORIES, 1)


def write_until_killed(servers: Nursery, pid: str, url: str, writers: list[Writer], after: float) -> None:
    """Let all write; `after` seconds after the first acknowledgement the server is killed."""
    begun = threading.Event()
    threads = [threading.Thread(target=writer.work, args=(url, begun)) for writer in writers]
    for thread in threads:
        thread.start()
    assert begun.wait(60)
    threading.Event().wait(after)
    servers.kill(pid)
    for thread in threads:
        thread.join()
    assert [writer.error for writer in writers if writer.error is not None] == []
