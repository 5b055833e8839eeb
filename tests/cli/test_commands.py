from __future__ import annotations

import json

import httpx2
import pytest


@pytest.fixture
def url(server) -> str:
    return server


def test_trigger_runs_an_action_and_tells_what_became_of_the_webhook(mockserver, new_world, server, httpserver):
    httpserver.expect_request("/requests").respond_with_json({}, status=503)
    world = new_world(settings={"motar": {"request_endpoint": httpserver.url_for("/requests")}})
    done = mockserver("trigger", "motar.start_ato_request", "--world", world.name, "--server", server)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["status"] == "not-started"
    assert "answered 503" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("motar.strat_ato_request",), "Did you mean 'motar.start_ato_request'?"),
        (("motar.sign_in", "usr=x"), "did you mean 'user'?"),
        (("motar.sign_in", "user=@nobody"), "There is no user named '@nobody'"),
        (("motar.hand_off",), "motar.start_ato_request"),
    ],
)
def test_trigger_says_what_is_wrong(mockserver, world, server, arguments, told):
    done = mockserver("trigger", *arguments, "--world", world.name, "--server", server)
    assert done.returncode == 1
    assert told in done.stderr


def test_trigger_reads_values_in_the_type_the_action_wants(mockserver, world, server):
    arguments = ["name=Second", "redirect_uris=http://a.test/1,http://a.test/2", "organization=Harbor Assurance"]
    done = mockserver("trigger", "motar.create_plugin", *arguments, "--world", world.name, "--server", server)
    assert json.loads(done.stdout)["redirect_uris"] == ["http://a.test/1", "http://a.test/2"]
    arguments = ["version=2.0", "app=Flight Deck Trainer"]
    done = mockserver("trigger", "motar.create_distribution", *arguments, "--world", world.name, "--server", server)
    assert json.loads(done.stdout)["version"] == "2.0"


def test_actions_lists_them_and_shows_the_arguments_of_one(mockserver, server):
    listed = mockserver("actions", "--server", server).stdout
    assert "motar.start_ato_request" in listed
    assert "core." not in listed
    assert "allow or cancel" in mockserver("actions", "motar.sign_in", "--server", server).stdout
    unknown = mockserver("actions", "motar.sign_inn", "--server", server)
    assert (unknown.returncode, "motar.sign_in" in unknown.stderr) == (2, True)


def test_without_a_server_the_actions_are_those_of_what_is_installed(mockserver, server):
    nobody = "http://127.0.0.1:9"
    here, there = mockserver("actions", "--server", nobody), mockserver("actions", "--server", server)
    assert (here.returncode, here.stdout) == (0, there.stdout)
    assert nobody in here.stderr
    assert here.stderr.endswith("These are the actions of what is installed here.\n")
    one = ("actions", "motar.sign_in", "--server")
    assert mockserver(*one, nobody).stdout == mockserver(*one, server).stdout


def test_worlds_are_created_listed_reset_and_dropped(mockserver, server):
    created = mockserver("worlds", "create", "cli-made", "--seed", "3", "--clock", "frozen", "--server", server)
    assert json.loads(created.stdout)["seed"] == 3
    assert "cli-made" in mockserver("worlds", "list", "--server", server).stdout
    assert mockserver("worlds", "reset", "cli-made", "--server", server).returncode == 0
    assert mockserver("worlds", "drop", "cli-made", "--server", server).returncode == 0
    assert "cli-made" not in mockserver("worlds", "list", "--server", server).stdout
    gone = mockserver("worlds", "drop", "cli-made", "--server", server)
    assert (gone.returncode, "There is no world named 'cli-made'" in gone.stderr) == (1, True)


def test_nobody_at_home_is_said_with_what_to_do(mockserver):
    done = mockserver("worlds", "list", "--server", "http://127.0.0.1:9")
    assert done.returncode == 1
    assert "mockserver serve" in done.stderr


def test_a_server_that_is_none_of_ours_is_recognised(mockserver, httpserver):
    httpserver.expect_request("/_mock/worlds").respond_with_data("<html>")
    done = mockserver("worlds", "list", "--server", httpserver.url_for(""))
    assert (done.returncode, "not as a mockserver does" in done.stderr) == (1, True)


def test_the_environment_names_the_server(mockserver, server):
    assert "default" in mockserver("worlds", "list", MOTAR_MOCK_URL=server).stdout


def test_config_show_says_where_each_value_came_from(mockserver, tmp_path):
    (tmp_path / "mockserver.toml").write_text('seed = 5\nport = 1\nclock = "auto"\n')
    shown = mockserver("config", "show", "--port", "3", MOTAR_MOCK_PORT="2", MOTAR_MOCK_CLOCK="frozen").stdout
    rows = {line.split()[0]: line.split()[1:] for line in shown.splitlines()}
    assert rows["port"] == ["3", "--port"]
    assert rows["clock"] == ["frozen", "MOTAR_MOCK_CLOCK"]
    assert rows["seed"] == ["5", "mockserver.toml"]
    assert rows["host"] == ["127.0.0.1", "default"]


def test_config_show_hides_the_token(mockserver):
    shown = mockserver("config", "show", "--control-token", "s3cret").stdout
    assert "s3cret" not in shown


@pytest.mark.parametrize(
    ("file", "environment", "told"),
    [
        ("prot = 1\n", {}, "port"),
        ('port = "x"\n', {}, "whole number"),
        ("port = \n", {}, "TOML"),
        ("", {"MOTAR_MOCK_PROT": "1"}, "MOTAR_MOCK_PROT"),
        ("", {"MOTAR_MOCK_PORT": "x"}, "whole number"),
    ],
)
def test_settings_that_cannot_be_used_are_told(mockserver, tmp_path, file, environment, told):
    (tmp_path / "mockserver.toml").write_text(file)
    done = mockserver("config", "show", **environment)
    assert done.returncode == 2
    assert told in done.stderr


@pytest.mark.parametrize(
    "command",
    ["demo", "serve", "run", "trigger", "actions", "worlds", "scenarios", "config", "fidelity", "tls", "wait"],
)
def test_every_command_has_help(mockserver, command):
    done = mockserver(command, "--help")
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) > 4


def test_a_command_that_is_none_suggests_one(mockserver):
    done = mockserver("sevre")
    assert (done.returncode, "'serve'" in done.stderr) == (2, True)


def test_the_library_survives_a_restart_and_runs_by_name_with_the_file_gone(mockserver, serve, tmp_path):
    data, file = tmp_path / "data", tmp_path / "mine.yaml"
    text = small_scenario("mine/kept")
    file.write_text(text)
    with serve("--data", str(data)) as served:
        assert mockserver("scenarios", "import", str(file), "--server", served.url).returncode == 0
        served.stop()
    file.unlink()
    with serve("--data", str(data)) as served:
        assert "mine/kept" in mockserver("scenarios", "list", "--server", served.url).stdout
        assert mockserver("scenarios", "show", "mine/kept", "--server", served.url).stdout == text
        done = mockserver("run", "mine/kept", "--server", served.url)
        runs = httpx2.get(f"{served.url}/_mock/runs", trust_env=False).json()["runs"]
        served.stop()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "PASSED" in done.stdout
    assert [(run["scenario"], run["outcome"]) for run in runs] == [("mine/kept", "passed")]


def small_scenario(name: str) -> str:
    return f"""\
name: {name}
summary: A request is started
steps:
- action: motar.start_ato_request
- expect: delivery
  where: {{status: 2xx}}
"""
