from __future__ import annotations

import re

import pytest

from mockserver.reference_plugin import Settings, build_plugin
from mockserver.server import bind, in_background, url_of
from tests.support import CLIENT_ID, CLIENT_SECRET


def test_the_demo_reads_as_a_story_and_exits_0(mockserver):
    done = mockserver("demo")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"✓ +1  Olivia, who owns the app, starts an ATO request", done.stdout)
    assert "18 of 18 steps passed" in done.stdout
    assert "mockserver serve" in done.stdout
    assert done.stderr == ""


def test_the_demo_prints_on_a_terminal_that_knows_no_utf8(mockserver):
    done = mockserver("demo", PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr


def test_a_step_that_fails_says_what_it_waited_for_and_what_came_and_exits_1(mockserver, tmp_path):
    (tmp_path / "s.yaml").write_text(
        "name: s\n"
        "summary: expects too much\n"
        "steps:\n"
        "- action: motar.start_ato_request\n"
        "- expect: delivery\n"
        "  where: {status: 2xx, body: {appName: Another App}}\n"
        "  within: 2s\n"
        "- action: motar.hand_off\n"
    )
    done = mockserver("run", "s.yaml")
    assert done.returncode == 1
    assert "FAILED" in done.stdout
    assert "Another App" in done.stdout
    assert "Flight Deck Trainer" in done.stdout
    assert "1 not reached" in done.stdout


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "cannot be read"),
        ("name: s\nsteps: 5\n", "s.yaml:"),
        ("name: s\nsummary: x\nsteps:\n- action: motar.strat_ato_request\n", "motar.start_ato_request"),
        ("name: s\nsummary: x\nsteps:\n- acton: x\n", "action"),
        ("name: [\n", "s.yaml:"),
    ],
)
def test_a_file_that_cannot_be_used_exits_2_and_says_where(mockserver, tmp_path, text, told):
    if text is not None:
        (tmp_path / "s.yaml").write_text(text)
    done = mockserver("run", "s.yaml")
    assert done.returncode == 2, done.stdout + done.stderr
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_name_and_an_unknown_input_exit_2(mockserver):
    assert mockserver("run", "motar/ato-hapy-path").returncode == 2
    assert mockserver("run", "motar/ato-happy-path", "--input", "patiense=1s").returncode == 2


def test_a_running_server_is_used_and_a_reset_takes_its_world_back(mockserver, serve):
    with serve("--seed", "4") as served:
        done = mockserver("run", "motar/ato-happy-path", "--server", served.url)
        assert done.returncode == 0, done.stdout + done.stderr
        assert mockserver("worlds", "reset", "default", "--server", served.url).returncode == 0
        shown = mockserver("worlds", "list", "--server", served.url).stdout
        served.stop()
    assert "live" in shown
    assert " 0 exchanges" in shown


def test_a_plugin_of_ones_own_is_run_again_and_again_without_a_restart(mockserver, serve, tmp_path):
    """The reference plugin, as a process of its own, stands for the user's; its paths are the default ones."""
    sock = bind("127.0.0.1", 0)
    plugin = url_of(sock)
    with serve("--log-level", "error") as served:
        settings = Settings(
            motar_url=served.url,
            client_id=CLIENT_ID,
            client_secret=CLIENT_SECRET,
            redirect_uri=f"{plugin}/motar/callback",
        )
        with in_background(build_plugin(settings), sock):
            runs = [
                mockserver("run", "motar/ato-happy-path", "--plugin", plugin, "--server", served.url) for _ in range(2)
            ]
        served.stop()
    assert [run.returncode for run in runs] == [0, 0], runs[0].stdout + runs[1].stdout
    assert "with seed" in runs[0].stdout


def test_a_plugin_that_does_not_run_is_named_as_the_reason(mockserver):
    done = mockserver("run", "motar/webhook-refused", "--plugin", "http://127.0.0.1:9", "--port", "0")
    assert done.returncode == 1
    assert "it failed: cannot connect to http://127.0.0.1:9/motar/requests" in done.stdout


def test_scenarios_in_the_same_folder_are_included_by_their_names(mockserver, tmp_path):
    (tmp_path / "outer.yaml").write_text(
        "name: mine/outer\nsteps:\n- action: motar.start_ato_request\n- {include: mine/middle, with: {by: '@olivia'}}\n"
    )
    (tmp_path / "a.yaml").write_text(
        "# comes first\nname: 'mine/middle'\ninputs: {by: {type: string}}\nsteps:\n- include: mine/inner\n"
    )
    (tmp_path / "b.json").write_text('{"name": "mine/inner", "steps": [{"title": "Innermost", "settle": 5}]}')
    (tmp_path / "c.yaml").write_bytes(b"name: mine/broken\xff: [")
    done = mockserver("run", "outer.yaml", "--verbose")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Innermost" in done.stdout
    (tmp_path / "a.yaml").write_text("name: mine/middle\nsteps:\n- acton: x\n")
    done = mockserver("run", "outer.yaml")
    assert (done.returncode, "a.yaml:3:3" in done.stderr) == (2, True), done.stderr
    (tmp_path / "a.yaml").unlink()
    done = mockserver("run", "outer.yaml")
    assert (done.returncode, "mockserver scenarios import FILE" in done.stderr) == (2, True), done.stderr


def test_a_port_that_is_taken_points_to_the_server_that_runs_there(mockserver, serve):
    with serve() as served:
        port = served.url.rpartition(":")[2]
        done = mockserver("run", "motar/ato-happy-path", "--plugin", "http://127.0.0.1:9", "--port", port)
        served.stop()
    assert (done.returncode, f"--server http://127.0.0.1:{port}" in done.stderr) == (1, True)


def test_the_reference_plugin_leaves_the_world_default_of_a_server_alone(mockserver, serve):
    with serve() as served:
        done = mockserver("run", "motar/webhook-refused", "--server", served.url)
        shown = mockserver("worlds", "list", "--server", served.url).stdout
        served.stop()
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(shown.splitlines()) == 1
    assert "live" in shown


def test_scenarios_are_run_by_tag_from_files_and_from_the_server(mockserver, serve, tmp_path):
    steps = "steps:\n- action: motar.start_ato_request\n"
    (tmp_path / "a.yaml").write_text(f"name: mine/a\ntags: [quick, sign-in]\n{steps}")
    (tmp_path / "b.yaml").write_text(f"name: mine/b\ntags: [slow]\n{steps}")
    (tmp_path / "broken.yaml").write_text("name: mine/broken\ntags: quick\nsteps: 1\n")
    files = ("a.yaml", "b.yaml", "motar/expired-code")
    with serve() as served:
        at = ("--server", served.url)
        assert mockserver("scenarios", "import", "a.yaml", "b.yaml", *at).returncode == 0

        listed = mockserver("scenarios", "list", "--tag", "quick", *at).stdout
        assert listed.split() == ["mine/a", "library", "quick,", "sign-in"]
        assert len(mockserver("scenarios", "list", "--tag", "quick", "--tag", "slow", *at).stdout.splitlines()) == 2

        library = mockserver("run", "--tag", "quick", "--junit", "junit.xml", *at)
        assert re.findall(r"PASSED +(\S+)", library.stdout) == ["mine/a"], library.stderr
        given = mockserver("run", "--tag", "sign-in", *files, *at)
        assert re.findall(r"PASSED +(\S+)", given.stdout) == ["mine/a", "motar/expired-code"], given.stderr

        told = {
            ("run", "--tag", "slwo"): "Did you mean 'slow'?",
            ("scenarios", "list", "--tag", "nobody"): "There are: ",
            ("run", "--tag", "ato", *files): "There are: quick, refusal, sign-in, slow.",
            ("run", "--tag", "quick", "mine/aa"): "Did you mean 'mine/a'?",
            ("run", "--tag", "quick", "broken.yaml"): "broken.yaml:2:1",
            ("run",): "Say what to run",
        }
        for command, message in told.items():
            done = mockserver(*command, *at)
            assert done.returncode == 2, done.stdout + done.stderr
            assert message in done.stderr
        served.stop()
    assert '<property name="tags" value="quick,sign-in" />' in (tmp_path / "junit.xml").read_text()


def test_a_folder_stands_for_the_scenario_files_in_it(mockserver, serve, tmp_path):
    steps = "steps:\n- action: motar.start_ato_request\n"
    (tmp_path / "flows" / "deep").mkdir(parents=True)
    (tmp_path / "empty").mkdir()
    (tmp_path / "flows" / "a.yaml").write_text(f"name: mine/a\ntags: [quick]\n{steps}")
    (tmp_path / "flows" / "deep" / "b.json").write_text('{"name": "mine/b", "steps": [{"settle": 1}]}')
    (tmp_path / "flows" / "notes.txt").write_text("no scenario")
    both = mockserver("run", "flows")
    assert both.returncode == 0, both.stdout + both.stderr
    assert ["mine/a" in both.stdout, "mine/b" in both.stdout] == [True, True]
    tagged = mockserver("run", "--tag", "quick", "flows")
    assert (tagged.returncode, "mine/b" in tagged.stdout) == (0, False), tagged.stdout + tagged.stderr
    empty = mockserver("run", "flows", "empty")
    assert (empty.returncode, empty.stdout) == (2, "")
    assert "There is no .yaml, .yml or .json file in the folder empty." in empty.stderr
    with serve() as served:
        kept = mockserver("scenarios", "import", "flows", "--server", served.url)
        listed = mockserver("scenarios", "list", "--server", served.url)
        nothing = mockserver("scenarios", "import", "empty", "--server", served.url)
        served.stop()
    assert kept.returncode == 0, kept.stderr
    assert {"mine/a", "mine/b"} <= set(listed.stdout.split())
    assert (nothing.returncode, "in the folder empty" in nothing.stderr) == (2, True)


def test_files_are_read_within_the_bounds_of_the_settings(mockserver, tmp_path):
    text = "name: mine/long\ntags: [quick]\nsteps:\n- action: motar.start_ato_request\n" + "# long\n" * 600
    (tmp_path / "long.yaml").write_text(text)
    for tags in ((), ("--tag", "quick")):
        assert mockserver("run", "long.yaml", *tags).returncode == 0
        done = mockserver("run", "long.yaml", *tags, MOTAR_MOCK_MAX_FILE="2500")
        assert (done.returncode, "at most 2500 bytes" in done.stderr) == (2, True), done.stderr


def test_a_name_that_is_not_found_is_told_where_it_was_looked_for(mockserver):
    for tags in ((), ("--tag", "quick")):
        done = mockserver("run", "mine/own", *tags, MOTAR_MOCK_URL="http://127.0.0.1:9")
        assert done.returncode == 2
        assert "The server of MOTAR_MOCK_URL was not asked" in done.stderr
        assert "--server http://127.0.0.1:9" in done.stderr
        assert "MOTAR_MOCK_URL" not in mockserver("run", "mine/own", *tags).stderr
