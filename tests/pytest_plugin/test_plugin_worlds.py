"""The fixtures `emulator`, `world`, `new_world`: a fresh MOTAR for each test, and a plugin that need not notice."""

from __future__ import annotations

import pytest

pytest_plugins = ["pytester"]

STRICT = ["-W", "error", "-p", "no:cacheprovider"]

FRESH = """
    import pytest

    seen = []

    @pytest.mark.parametrize("n", range(3))
    def test_fresh(world, n):
        assert world.name == "main"
        assert world.journal.exchanges() == []
        assert (world.clock.mode(), world.clock.now().year) == ("frozen", 2026)
        assert world.documents("motar.ato_requests") == []
        request = world.act("motar.start_ato_request")["request_id"]
        world.clock.advance("500d")
        seen.append((world.plugin().client_id, world.plugin().client_secret, request))

    def test_credentials_stay_and_ids_do_not(world):
        ids, secrets, requests = zip(*seen)
        assert len(set(ids)) == len(set(secrets)) == 1
        assert len(set(requests)) == 3
        print("requests", *requests)
"""


def test_each_test_has_a_fresh_world_with_the_same_credentials_and_ids_of_its_own(pytester):
    pytester.makepyfile(FRESH)
    first = pytester.runpytest_inprocess(*STRICT, "-s")
    first.assert_outcomes(passed=4)
    again = pytester.runpytest_inprocess(*STRICT, "-s")
    other = pytester.runpytest_inprocess(*STRICT, "-s", "--emulator-seed", "7")

    def requests(result):
        return next(line for line in result.outlines if "requests " in line)

    assert requests(first) == requests(again)
    assert requests(first) != requests(other)


def test_a_test_that_runs_again_in_a_session_has_other_ids(pytester):
    pytester.makepyfile(
        """
        from mockserver.testing.worlds import SessionWorld

        def test_again(emulator, emulator_world, _emulator_session_world):
            ids = set()
            for _ in range(2):
                _emulator_session_world.begin("the same", None)
                ids.add(emulator_world.act("motar.start_ato_request")["request_id"])
            assert len(ids) == 2
        """
    )
    pytester.runpytest_inprocess(*STRICT).assert_outcomes(passed=1)


def test_a_test_can_do_what_it_likes_with_its_world(pytester):
    pytester.makepyfile(
        """
        def test_changes(world):
            world.change_settings(motar={"expires_in": 60})
            world.act("motar.regenerate_client_secret")
            world.reset()
            world.act("motar.register_organization", name="Extra")

        def test_finds_nothing_of_it(world, emulator_world):
            assert world.settings()["motar"]["expires_in"] == "1d"
            assert "Extra" not in [each["name"] for each in world.documents("motar.organizations")]
            assert world is emulator_world
        """
    )
    pytester.runpytest_inprocess(*STRICT).assert_outcomes(passed=2)


def test_further_worlds_are_apart_and_dropped_after_the_test(pytester):
    pytester.makepyfile(
        """
        def test_two(world, new_world, emulator):
            one, other = new_world(), new_world("named", clock="live", settings={"motar": {"expires_in": 60}})
            assert len({each.plugin().client_id for each in (world, one, other)}) == 3
            assert (one.clock.mode(), other.clock.mode(), other.name) == ("frozen", "live", "named")
            one.act("motar.start_ato_request")
            assert world.documents("motar.ato_requests") == []
            assert {each["name"] for each in emulator.worlds()} == {"default", "main", "main-new-1", "named"}

        def test_gone(emulator, new_world):
            assert {each["name"] for each in emulator.worlds()} == {"default", "main"}
            new_world().drop()
        """
    )
    # A process of its own, for the numbers in the names.
    pytester.runpytest_subprocess(*STRICT).assert_outcomes(passed=2)


def test_how_worlds_are_made_can_be_said(pytester):
    pytester.makepyfile(
        """
        import pytest

        @pytest.fixture(scope="session")
        def emulator_world_options():
            return {
                "seed": 5,
                "clock": {"mode": "frozen", "now": "2030-05-05T00:00:00Z"},
                "settings": {"motar": {"expires_in": 60}},
            }

        def test_it(world, new_world):
            for each in (world, new_world()):
                assert each.clock.now().year == 2030
                assert each.settings()["motar"]["expires_in"] == 60
            assert new_world(clock="frozen").clock.now().year == 2026
        """
    )
    pytester.runpytest_inprocess(*STRICT).assert_outcomes(passed=1)


def test_options_that_do_not_fit_are_told_once_and_clearly(pytester):
    pytester.makepyfile(
        """
        import pytest

        @pytest.fixture(scope="session")
        def emulator_world_options():
            return {"settings": {"motar": {"expiresin": 60}}}

        def test_it(world):
            pass
        """
    )
    result = pytester.runpytest_inprocess(*STRICT)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*did you mean 'expires_in'?*"])


def test_the_plugin_is_started_with_the_world_s_credentials_and_found_in_every_test(pytester):
    pytester.makepyfile(
        """
        import pytest

        @pytest.fixture(scope="session")
        def plugin_endpoints(emulator_world):
            told.append((emulator_world.base_url, emulator_world.plugin().client_secret))
            yield {"request_endpoint": "http://127.0.0.1:9/r", "redirect_uri": "http://127.0.0.1:9/c"}

        told = []

        @pytest.mark.parametrize("n", range(2))
        def test_it(world, n):
            known = world.plugin()
            assert told == [(world.base_url, known.client_secret)]
            assert known.request_endpoint == "http://127.0.0.1:9/r"
            assert known.redirect_uris == ("http://127.0.0.1:9/c",)
            assert world.journal.exchanges() == []
            world.reset()
            assert world.plugin().request_endpoint == "http://127.0.0.1:9/r"
        """
    )
    pytester.runpytest_inprocess(*STRICT).assert_outcomes(passed=2)


def test_endpoints_may_be_other_ones_in_each_test(pytester):
    pytester.makepyfile(
        """
        import pytest

        @pytest.fixture
        def plugin_endpoints(request):
            return {"request_endpoint": f"http://127.0.0.1:9/{request.node.name}"}

        def test_one(world):
            assert world.plugin().request_endpoint.endswith("/test_one")

        def test_two(world):
            assert world.plugin().request_endpoint.endswith("/test_two")
        """
    )
    pytester.runpytest_inprocess(*STRICT).assert_outcomes(passed=2)


@pytest.mark.parametrize("count", [1, 3])
def test_the_emulator_is_one_for_the_session(pytester, count):
    pytester.makepyfile(
        *(),
        **{f"test_{n}": "def test_it(emulator, pytestconfig):\n    print('at', emulator.url)" for n in range(count)},
    )
    result = pytester.runpytest_inprocess(*STRICT, "-s")
    result.assert_outcomes(passed=count)
    assert len({line.partition("at ")[2] for line in result.outlines if "at http" in line}) == 1
