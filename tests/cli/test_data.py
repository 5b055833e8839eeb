"""`mockserver serve --data`, as a process of its own: killed, started again, started twice."""

from __future__ import annotations

import signal

import pytest

from mockserver.client import ServerClient


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_server_that_ended_anyhow_goes_on_where_it_was(number, serve):
    with serve("--data", "data", "--seed", "5") as served:
        with ServerClient(served.url) as server:
            started = server.world().act("motar.start_ato_request")
            plugin = server.world().plugin()
        served.stop(number)
    with serve("--data", "data", "--seed", "6") as served:
        with ServerClient(served.url) as server:
            assert server.world().delivery(started["delivery"]).attempts >= 0
            assert server.world().plugin().client_id == plugin.client_id
        _, out, err = served.stop()
    assert "world default, seed 5" in out
    assert "the world default is kept in data with seed 5, not 6; that is for new worlds only" in err


def test_a_second_server_on_a_directory_is_refused_with_the_pid_of_the_first(serve, mockserver):
    with serve("--data", "data") as served:
        refused = mockserver("serve", "--port", "0", "--data", "data")
        assert refused.returncode == 2
        assert f"Another mockserver (pid {served.process.pid}) uses data." in refused.stderr


def test_a_checkpoint_can_be_asked_for_from_the_command_line(serve, mockserver, tmp_path):
    with serve("--data", "data") as served:
        done = mockserver("worlds", "checkpoint", "--server", served.url)
        assert '"default"' in done.stdout
        assert (tmp_path / "data" / "worlds" / "default.json").exists()
    with serve() as served:
        refused = mockserver("worlds", "checkpoint", "--server", served.url)
        assert refused.returncode != 0
        assert "Start it with --data DIR." in refused.stderr
