import pytest
from plugin.ato_plugin import running_plugin


@pytest.fixture(scope="session")
def plugin_endpoints(emulator_world):
    known = emulator_world.plugin()
    with running_plugin(emulator_world.base_url, known.client_id, known.client_secret) as plugin:
        yield plugin.endpoints


def test_a_user_is_handed_over_and_the_request_is_in_progress(world):
    request = world.act("motar.start_ato_request")["request_id"]
    world.journal.wait("POST /ato/requests", kind="delivery", status=200)
    world.sign_in("@olivia", visit=True)
    world.journal.wait("POST /plugin/v1/ato/status", status=200, body={"requestId": request, "status": "in-progress"})


def test_a_code_that_is_a_day_old_is_refused(world):
    world.act("motar.start_ato_request")
    late = world.sign_in("@olivia").redirect_url
    world.clock.advance("25h")
    world.act("motar.open_redirect", url=late)
    world.journal.wait("POST /oauth/token", status="4xx")
