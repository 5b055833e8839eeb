"""Set-up 3: emulator and plugin run already, as while developing; the tests use the world `default`.

    mockserver serve --request-endpoint http://127.0.0.1:3000/ato/requests --redirect-uri http://127.0.0.1:3000/callback
    MOTAR_URL=http://127.0.0.1:8600 CLIENT_ID=... CLIENT_SECRET=... PORT=3000 python plugin/ato_plugin.py
    pytest test_long_running.py --emulator-url http://127.0.0.1:8600 --emulator-world default

Each test takes `default` back to its beginning, and the ids it hands out are other ones than before, so that the
plugin does not take a new ATO request for one that it knows. Afterwards `default` is as `serve` made it.
"""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("n", [1, 2])
def test_a_request_is_answered_by_the_plugin_that_runs(world, n):
    request = world.act("motar.start_ato_request")["request_id"]
    world.journal.wait("POST /ato/requests", kind="delivery", status=200, body={"requestId": request})
    world.sign_in("@olivia", visit=True)
    [report] = world.journal.wait("POST /plugin/v1/ato/status", status=200)
    assert report.body == {"requestId": request, "status": "in-progress", "complete": False, "cancellable": True}
