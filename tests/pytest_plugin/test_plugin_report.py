"""What a failed test shows of its worlds."""

from __future__ import annotations

import pytest

pytest_plugins = ["pytester"]

STRICT = ["-W", "error", "-p", "no:cacheprovider"]


def test_the_journal_is_shown_with_what_was_refused_and_what_came_near(pytester):
    pytester.makepyfile(
        """
        import base64
        import httpx2

        def test_it(world, motar_plugin):
            request = world.act("motar.start_ato_request", package_name="Mine")["request_id"]
            known = world.plugin()
            basic = base64.b64encode(f"{known.client_id}:{known.client_secret}".encode()).decode()
            httpx2.post(
                world.base_url + "/plugin/v1/ato/status",
                json={"requestId": request, "status": "done", "complete": False, "cancelable": True},
                headers={"authorization": f"Basic {basic}"}, trust_env=False,
            )
            world.clock.advance("25h")
            world.journal.verify("POST /plugin/v1/ato/status", status=200, body={"status": "completed"})
        """
    )
    result = pytester.runpytest_inprocess(*STRICT)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*world.journal.verify(*",
            "E *Expected at least 1 of POST /plugin/v1/ato/status*",
            "E *status: expected 200, got 400",
            "*- world main of the emulator -*",
            "http://127.0.0.1:*/w/main  frozen at 2026-01-02T01:00:00* --emulator-seed 0",
            "#*  action    motar.start_ato_request package_name=Mine",
            "#*  delivery  POST http://127.0.0.1:*/motar/requests -> 200",
            "#*  call      POST /plugin/v1/ato/status -> 400",
            "      refused   *status*",
            "      violation body.cancelable: *did you mean 'cancellable'?*",
            '      near miss body.status: expected "completed", got "done"',
            '      sent      {"requestId": *"status": "done"*',
            "#*  clock     advance by=*",
        ]
    )


def test_the_frames_of_the_client_are_not_shown(pytester):
    pytester.makepyfile("def test_it(world):\n    world.act('motar.hand_off')")
    result = pytester.runpytest_inprocess(*STRICT)
    result.stdout.fnmatch_lines([">*world.act('motar.hand_off')", "E *There is no ATO request yet*"])
    result.stdout.no_fnmatch_line("*calls.py*_refuse*")


def test_secrets_give_way_to_placeholders_and_long_ids_are_shortened(pytester):
    pytester.makepyfile(
        """
        import httpx2

        def test_it(world):
            world.act("motar.start_ato_request")
            code = world.sign_in("@olivia").code
            known = world.plugin()
            form = {"grant_type": "authorization_code", "code": code, "client_id": known.client_id,
                    "client_secret": known.client_secret, "redirect_uri": "http://127.0.0.1:1/wrong"}
            httpx2.post(world.base_url + "/oauth/token", data=form, trust_env=False)
            world.act("motar.open_redirect", url=f"{known.redirect_uris[0]}?code={code}")
            print("secrets", code, known.client_id, known.client_secret)
            assert 0
        """
    )
    result = pytester.runpytest_inprocess(*STRICT, "-s")
    secrets = next(line for line in result.outlines if "secrets " in line).partition("secrets ")[2].split()
    section = "\n".join(result.outlines).partition("of the emulator")[2]
    assert "POST /oauth/token -> 4" in section
    assert all(secret not in section for secret in secrets)
    assert "{code-1}" in section
    assert "{client_secret-1}" in section
    assert secrets[1][:6] in section


def test_a_long_journal_is_cut_where_it_is_old(pytester):
    pytester.makepyfile(
        """
        def test_it(world):
            for n in range(60):
                world.act("motar.register_organization", name=f"No {n} " + "x" * 400)
            assert 0
        """
    )
    result = pytester.runpytest_inprocess(*STRICT)
    result.stdout.fnmatch_lines(["… 20 earlier ones left out", "*name=No 20 *x…", "*name=No 59 *x…"])
    section = "\n".join(result.outlines).partition("of the emulator")[2]
    assert len(section) < 13_000
    assert "No 19" not in section


def test_requests_that_led_to_no_world_are_shown(pytester):
    pytester.makepyfile(
        """
        import httpx2

        def lost(emulator):
            httpx2.post(emulator.url + "/oauth/token", data={"client_id": "iok-cid-nobody"}, trust_env=False)

        def test_before(emulator):
            lost(emulator)

        def test_it(world, emulator):
            lost(emulator)
            assert 0
        """
    )
    result = pytester.runpytest_inprocess(*STRICT)
    result.stdout.fnmatch_lines(
        ["Nothing happened.", "1 request led to no world meanwhile:", "*POST /oauth/token -> *"]
    )


def test_every_world_of_a_test_is_shown(pytester):
    pytester.makepyfile(
        """
        def test_it(world, new_world):
            new_world("second").act("motar.start_ato_request")
            assert 0
        """
    )
    result = pytester.runpytest_inprocess(*STRICT)
    result.stdout.fnmatch_lines(
        ["*- world main of the emulator -*", "Nothing happened.", "*- world second of the emulator -*", "*start_ato*"]
    )


@pytest.mark.parametrize("how", ["passes", "fails without a world"])
def test_nothing_is_shown_where_there_is_nothing_to_show(pytester, how):
    pytester.makepyfile("def test_it(world):\n    pass" if how == "passes" else "def test_it():\n    assert 0")
    result = pytester.runpytest_inprocess(*STRICT, "-rA")
    result.stdout.no_fnmatch_line("*of the emulator*")


def test_a_fixture_that_fails_after_the_world_was_made_shows_it_too(pytester):
    pytester.makepyfile(
        """
        import pytest

        @pytest.fixture
        def started(world):
            world.act("motar.start_ato_request")
            world.act("motar.cancel_ato_request", by="@sam")

        def test_it(started):
            pass
        """
    )
    result = pytester.runpytest_inprocess(*STRICT)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*- world main of the emulator -*", "*action    motar.start_ato_request*"])


def test_a_world_that_is_gone_hides_no_failure(pytester):
    pytester.makepyfile("def test_it(new_world):\n    new_world().drop()\n    assert 'mine' == 'other'")
    result = pytester.runpytest_inprocess(*STRICT)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E *'mine' == 'other'*", "Nothing can be told: There is no world*"])
