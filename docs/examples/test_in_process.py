"""Set-up 1: the plugin runs inside the test process, so tests may look into it.

Each test has a plugin of its own, started on a free port before the world is pointed at it.
"""

from __future__ import annotations

import pytest
from plugin.ato_plugin import running_plugin


@pytest.fixture
def plugin(emulator_world):
    known = emulator_world.plugin()
    with running_plugin(emulator_world.base_url, known.client_id, known.client_secret) as started:
        yield started


@pytest.fixture
def plugin_endpoints(plugin):
    return plugin.endpoints


def test_the_plugin_remembers_what_motar_told_it(world, plugin):
    request = world.act("motar.start_ato_request", package_name="Spring release")["request_id"]
    world.settle()
    assert plugin.requests[request]["packageName"] == "Spring release"


def test_a_forged_webhook_is_refused(world):
    world.act("motar.start_ato_request")
    world.act("motar.forge_webhook", forge="credentials")
    world.settle()
    world.journal.verify("POST /ato/requests", status=401, count=1)


def test_a_webhook_that_comes_twice_does_no_harm(world, plugin):
    world.act("motar.start_ato_request")
    world.settle()
    [delivery] = world.deliveries()
    world.redeliver(delivery.id)
    world.settle()
    assert len(plugin.requests) == 1
