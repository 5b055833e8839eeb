"""An emulator that runs already: by option or environment, in a world of one's own or in `default`."""

from __future__ import annotations

import pytest

from mockserver.app import build_app
from mockserver.client import ServerClient
from mockserver.server import bind, running, url_of
from mockserver.settings import Settings

pytest_plugins = ["pytester"]

STRICT = ["-W", "error", "-p", "no:cacheprovider"]
SAYS_WHERE = "def test_it(world, emulator):\n    print('in', world.base_url, world.show()['seed'])"


@pytest.fixture
def given():
    """An emulator of its own, whose `default` is somebody's."""
    settings = Settings(request_endpoint="http://127.0.0.1:9/theirs", set=("motar.expires_in=77",))
    with running(build_app(settings)) as url, ServerClient(url) as server:
        yield server


def said(result, word):
    return [line.partition(word)[2].split() for line in result.outlines if word in line]


@pytest.mark.parametrize("how", ["option", "environment"])
def test_a_running_emulator_is_used(pytester, monkeypatch, given, how):
    pytester.makepyfile(SAYS_WHERE)
    if how == "environment":
        monkeypatch.setenv("MOTAR_MOCK_URL", given.url)
    result = pytester.runpytest_inprocess(*STRICT, "-s", *(["--emulator-url", given.url] if how == "option" else []))
    result.assert_outcomes(passed=1)
    assert said(result, "in http")[0][0] == f"{given.url.removeprefix('http')}/w/main"
    assert [each["name"] for each in given.worlds()] == ["default"]


def test_its_ids_differ_from_session_to_session_unless_a_seed_is_given(pytester, given):
    pytester.makepyfile(SAYS_WHERE)
    url = ["--emulator-url", given.url]
    runs = [
        pytester.runpytest_inprocess(*STRICT, "-s", *url, *more) for more in ([], [], *[["--emulator-seed", "3"]] * 2)
    ]
    first, second, third, fourth = (said(run, "in http")[0][1] for run in runs)
    assert first != second
    assert third == fourth


def test_what_a_killed_session_left_gives_way(pytester, given):
    given.create_world("main", settings={"motar": {"expires_in": 1}})
    pytester.makepyfile("def test_it(world):\n    assert world.settings()['motar']['expires_in'] == 77")
    pytester.runpytest_inprocess(*STRICT, "--emulator-url", given.url).assert_outcomes(passed=1)


def test_tests_can_run_in_default_which_is_left_as_it_was(pytester, given):
    default = given.world()
    before = default.plugin()
    pytester.makepyfile(
        """
        import pytest

        @pytest.fixture(scope="session")
        def emulator_world_options():
            return {"settings": {"motar": {"expires_in": 60}}}

        @pytest.mark.parametrize("n", range(2))
        def test_it(world, n, emulator):
            assert world.base_url == emulator.url
            assert world.clock.mode() == "frozen"
            assert world.plugin().request_endpoint == "http://127.0.0.1:9/theirs"
            assert world.settings()["motar"]["expires_in"] == 60
            world.act("motar.start_ato_request")
            assert len(world.documents("motar.ato_requests")) == 1
        """
    )
    result = pytester.runpytest_inprocess(*STRICT, "--emulator-url", given.url, "--emulator-world", "default")
    result.assert_outcomes(passed=2)
    assert default.clock.mode() == "live"
    assert default.settings()["motar"]["expires_in"] == 77
    assert default.documents("motar.ato_requests") == []
    assert default.plugin() == before


def test_the_plugin_of_default_can_be_elsewhere(pytester, given):
    pytester.makepyfile(
        """
        import pytest

        @pytest.fixture(scope="session")
        def plugin_endpoints():
            return {"request_endpoint": "http://127.0.0.1:9/mine", "redirect_uri": "http://127.0.0.1:9/back"}

        def test_it(world):
            assert world.plugin().request_endpoint == "http://127.0.0.1:9/mine"
            assert world.plugin().redirect_uris == ("http://127.0.0.1:9/back",)
            assert world.journal.exchanges() == []
        """
    )
    arguments = ["--emulator-url", given.url, "--emulator-world", "default"]
    pytester.runpytest_inprocess(*STRICT, *arguments).assert_outcomes(passed=1)


def test_default_cannot_be_made_from_other_fixtures(pytester, given):
    pytester.makepyfile(
        """
        import pytest

        @pytest.fixture(scope="session")
        def emulator_world_options():
            return {"fixtures": ["motar/quickstart"], "seed": 3}

        def test_it(world):
            pass
        """
    )
    result = pytester.runpytest_inprocess(*STRICT, "--emulator-url", given.url, "--emulator-world", "default")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*`default` is there already: seed and fixtures cannot be set*"])


def test_a_world_of_another_name(pytester, given):
    pytester.makepyfile(SAYS_WHERE)
    result = pytester.runpytest_inprocess(*STRICT, "-s", "--emulator-url", given.url, "--emulator-world", "checkout")
    assert said(result, "in http")[0][0].endswith("/w/checkout")


def test_an_emulator_that_does_not_answer_is_said_without_a_traceback(pytester):
    sock = bind("127.0.0.1", 0)
    sock.close()
    with bind("127.0.0.1", 0) as sock:
        nowhere = url_of(sock)
    pytester.makepyfile("def test_a(world):\n    pass\n\ndef test_b(world):\n    pass")
    result = pytester.runpytest_inprocess(*STRICT, "--emulator-url", nowhere)
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines([f"*No mockserver answers at {nowhere}*`mockserver serve`*"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_the_header_says_which_emulator_was_given(pytester, given):
    pytester.makepyfile(SAYS_WHERE)
    result = pytester.runpytest_inprocess(*STRICT, "--emulator-url", given.url, "-v")
    result.stdout.fnmatch_lines([f"emulator: {given.url}"])


@pytest.mark.parametrize("how", ["option", "environment"])
def test_a_token_is_handed_on(pytester, monkeypatch, how):
    pytester.makepyfile(SAYS_WHERE)
    more = ["--emulator-token", "open-sesame"] if how == "option" else []
    if how == "environment":
        monkeypatch.setenv("MOTAR_MOCK_CONTROL_TOKEN", "open-sesame")
    with running(build_app(Settings(control_token="open-sesame"))) as url:
        pytester.runpytest_inprocess(*STRICT, "--emulator-url", url, *more).assert_outcomes(passed=1)
