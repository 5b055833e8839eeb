import pytest
from plugin.ato_plugin import running_plugin


@pytest.fixture(scope="session")
def plugin_endpoints(emulator_world):
    known = emulator_world.plugin()
    with running_plugin(emulator_world.base_url, known.client_id, known.client_secret) as plugin:
        yield plugin.endpoints


@pytest.mark.scenario("in_progress.yaml")
def test_a_request_is_in_progress_after_its_user_came(world):
    request = world.expect_document("motar.ato_requests", status="in-progress")
    world.expect(kind="delivery", status=200, body={"requestId": request["id"]})
