"""Set-up 2: the plugin runs as a process, one for each pytest worker, whatever language it is written in.

It is started once, with the credentials of the worker's world, which stay the same for the whole session. Run it with
`pytest -n 4`: the workers share one emulator, and have a world and a plugin each.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PLUGIN = Path(__file__).parent / "plugin" / "ato_plugin.py"


@pytest.fixture(scope="session")
def plugin_endpoints(emulator_world):
    known = emulator_world.plugin()
    told = {
        "MOTAR_URL": emulator_world.base_url,
        "CLIENT_ID": known.client_id,
        "CLIENT_SECRET": known.client_secret,
        "PORT": "0",
    }
    command = [sys.executable, str(PLUGIN)]
    with subprocess.Popen(command, env=os.environ | told, stdout=subprocess.PIPE, text=True) as process:
        url = process.stdout.readline().strip()  # it says where it is as soon as it listens
        yield {"request_endpoint": f"{url}/ato/requests", "redirect_uri": f"{url}/callback"}
        process.terminate()


@pytest.mark.parametrize("user", ["@olivia", "@devon", "@marco"])
def test_everybody_of_the_company_is_welcome(world, user):
    world.act("motar.start_ato_request")
    world.settle()
    world.sign_in(user, visit=True)
    world.journal.wait("POST /plugin/v1/ato/status", status=200)


def test_a_user_who_cancels_leads_to_no_call(world):
    world.act("motar.start_ato_request")
    world.settle()
    world.sign_in("@olivia", decision="cancel", visit=True)
    world.settle()
    world.journal.verify("POST /oauth/token", count=0)
    world.journal.verify("GET /callback", kind="delivery", status=400, count=1)
