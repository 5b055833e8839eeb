"""Scenarios in pytest: of a marker, of files that are collected, and what a test expects by itself."""

from __future__ import annotations

pytest_plugins = ["pytester"]

STRICT = ["-W", "error", "-p", "no:cacheprovider"]

PLUGIN = """
    import pytest
    from mockserver.reference_plugin import Settings, build_plugin
    from mockserver.server import bind, in_background, url_of

    @pytest.fixture(scope="session")
    def plugin_endpoints(emulator_world):
        sock = bind("127.0.0.1", 0)
        known, url = emulator_world.plugin(), url_of(sock)
        settings = Settings(
            motar_url=emulator_world.base_url, client_id=known.client_id, client_secret=known.client_secret,
            redirect_uri=f"{url}/motar/callback",
        )
        with in_background(build_plugin(settings), sock):
            yield {
                "request_endpoint": f"{url}/motar/requests",
                "distribution_endpoint": f"{url}/motar/distributions",
                "redirect_uri": f"{url}/motar/callback",
            }
"""

FAILING = """\
name: mine/failing
steps:
  - title: Somebody starts
    action: motar.start_ato_request
  - title: The plugin is told of another app
    expect: delivery
    where: {body: {appName: Another}}
    within: 200ms
"""


def test_a_marked_test_finds_its_world_as_the_scenario_left_it_with_one_plugin_for_all(pytester):
    pytester.makeconftest(PLUGIN)
    pytester.makepyfile(
        """
        import pytest

        seen = []

        @pytest.mark.scenario("motar/ato-happy-path", inputs={"patience": "10s"})
        @pytest.mark.parametrize("n", range(2))
        def test_completed(world, n):
            [request] = world.documents("motar.ato_requests")
            assert request["status"] == "completed"
            seen.append((request["id"], world.plugin().client_id))

        @pytest.mark.scenario("motar/expired-code")
        def test_without_asking_for_the_world():
            (first, plugin), (second, same) = seen
            assert first != second
            assert plugin == same
        """
    )
    pytester.runpytest_inprocess(*STRICT).assert_outcomes(passed=3)


def test_a_scenario_that_fails_fails_the_test_with_its_story_and_the_body_is_not_run(pytester):
    pytester.makeconftest(PLUGIN)
    (pytester.path / "failing.yaml").write_text(FAILING)
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.scenario("failing.yaml")
        def test_it():
            raise SystemError("never")
        """
    )
    result = pytester.runpytest_inprocess(*STRICT, "--strict-markers")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*mine/failing: failed*", '*body.appName: expected "Another", got "Flight Deck Trainer"*', "*world main*"]
    )
    assert "never" not in result.stdout.str().replace("it never came", "")


def test_a_marker_that_says_something_else_is_told(pytester):
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.scenario("a", "b", input=1)
        def test_it():
            pass
        """
    )
    result = pytester.runpytest_inprocess(*STRICT)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*expected scenario(NAME, *got scenario('a', 'b', input=1)*"])


def test_a_marker_whose_file_is_not_there_is_told_with_the_one_that_was_meant(pytester):
    pytester.makeconftest(PLUGIN)
    (pytester.path / "failing.yaml").write_text(FAILING)
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.scenario("faling.yaml")
        def test_it():
            pass
        """
    )
    result = pytester.runpytest_inprocess(*STRICT)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*There is no file faling.yaml in *Did you mean 'failing.yaml'?"])
    assert "io.open" not in result.stdout.str()


def test_scenario_files_are_tests_where_the_setting_says_so(pytester):
    pytester.makeini("[pytest]\nmockserver_scenarios = flows other/*.yaml")
    pytester.makeconftest(PLUGIN)
    for folder in ("flows/deep", "other", "elsewhere"):
        (pytester.path / folder).mkdir(parents=True)
    good = (
        "name: mine/good\nsteps:\n  - action: motar.start_ato_request\n  - expect: delivery\n    where: {status: 200}\n"
    )
    (pytester.path / "flows/deep/good.yaml").write_text(good)
    (pytester.path / "flows/failing.yaml").write_text(FAILING)
    (pytester.path / "other/broken.yaml").write_text("name: x\nsteps:\n  - acton: motar.start_ato_request\n")
    (pytester.path / "elsewhere/good.yaml").write_text(good)
    (pytester.path / "flows/notes.txt").write_text("no scenario")
    result = pytester.runpytest_inprocess(*STRICT, "-v")
    result.assert_outcomes(passed=1, failed=2)
    text = result.stdout.str()
    assert "flows/deep/good.yaml::good PASSED" in text
    assert 'body.appName: expected "Another", got "Flight Deck Trainer"' in text
    assert "broken.yaml:3" in text
    assert "elsewhere" not in text
    assert "scenario_items.py" not in text


def test_the_tags_of_a_file_are_markers_that_m_and_strict_markers_take(pytester):
    pytester.makeini(
        "[pytest]\nmockserver_scenarios = *.yaml\naddopts = --strict-markers\nmarkers =\n  slow: what takes long\n"
    )
    steps = "steps:\n  - action: motar.start_ato_request\n"
    # What pytest and our own plugin mean by skip, xfail and scenario, a tag does not.
    tags = {
        "a": "[sign-in, slow]",
        "b": "[smoke]",
        "c": "[skip, xfail, scenario, smoke]",
        "d": "smoke",
        "e": "[Not It]",
    }
    for name, each in tags.items():
        (pytester.path / f"{name}.yaml").write_text(f"name: {name}\ntags: {each}\n{steps}")
    (pytester.path / "f.yaml").write_bytes(b"name: f\ntags: [\xff]\n")
    result = pytester.runpytest_inprocess(*STRICT, "-v", "-m", "sign-in or smoke")
    result.assert_outcomes(passed=3, deselected=3)
    assert [line.split("::")[0] for line in result.outlines if "PASSED" in line] == ["a.yaml", "b.yaml", "c.yaml"]
    pytester.runpytest_inprocess(*STRICT, "-m", "not slow").assert_outcomes(passed=2, failed=3, deselected=1)


def test_without_the_setting_no_file_is_a_test(pytester):
    (pytester.path / "good.yaml").write_text(FAILING)
    assert pytester.runpytest_inprocess(*STRICT, "--collect-only").ret == 5


def test_expectations_wait_and_fail_with_the_nearest_misses(pytester):
    pytester.makepyfile(
        """
        import pytest
        from mockserver.client import NotAsExpected

        def test_they_come(world, motar_plugin):
            request = world.act("motar.start_ato_request")["request_id"]
            delivery = world.expect(kind="delivery", status="2xx", body={"requestId": request})
            assert delivery.status == 200
            found = world.expect_document("motar.ato_requests", id=request, status={"matches": "^not-"})
            assert found["id"] == request

        def test_they_do_not(world, motar_plugin):
            world.act("motar.start_ato_request")
            world.settle()
            with pytest.raises(NotAsExpected, match='body.appName: expected "X", got "Flight Deck Trainer"'):
                world.expect(kind="delivery", body={"appName": "X"}, timeout=0.05)
            with pytest.raises(NotAsExpected) as missed:
                world.expect_document("motar.ato_requests", status="completed", timeout=0.05)
            assert 'document.status: expected "completed", got "not-started"' in str(missed.value)
            with pytest.raises(NotAsExpected, match="none of the 0 in"):
                world.expect_document("motar.device_grants", timeout=0)
        """
    )
    pytester.runpytest_inprocess(*STRICT).assert_outcomes(passed=2)
