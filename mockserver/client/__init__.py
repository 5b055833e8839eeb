"""The Python client of a running emulator: worlds, what people do in them, what happened.

    from mockserver import connect

    world = connect("http://127.0.0.1:8600")
    request = world.act("motar.start_ato_request")["request_id"]
    world.sign_in("@olivia", visit=True)
    [report] = world.journal.wait("POST /plugin/v1/ato/status", status=200, body={"requestId": request})

`connect_async` answers the same with every call to be awaited. Nothing here needs pytest, and nothing but HTTP
passes between client and server. All errors are `MockserverError`s: `Unreachable` when nobody answers,
`ServerSaidNo` with all that the server said, and `NotAsExpected` (an `AssertionError` as well) when the journal
or a scenario does not hold what was expected.
"""

from mockserver.client.answers import (
    Attempt,
    ClockReading,
    Delivery,
    Exchange,
    Plugin,
    Response,
    Run,
    SignIn,
    Step,
    Violation,
)
from mockserver.client.calls import Call
from mockserver.client.clients import (
    AsyncServerClient,
    AsyncWorldClient,
    ServerClient,
    WorldClient,
    connect,
    connect_async,
)
from mockserver.client.errors import NotAsExpected, ServerSaidNo
from mockserver.client.matches import Match, ResponseMatch

__all__ = [
    "AsyncServerClient",
    "AsyncWorldClient",
    "Attempt",
    "Call",
    "ClockReading",
    "Delivery",
    "Exchange",
    "Match",
    "NotAsExpected",
    "Plugin",
    "Response",
    "ResponseMatch",
    "Run",
    "ServerClient",
    "ServerSaidNo",
    "SignIn",
    "Step",
    "Violation",
    "WorldClient",
    "connect",
    "connect_async",
]
