"""What an ATO plugin calls: status and alert."""

from __future__ import annotations

from mockserver.platforms.motar import ato, shapes
from mockserver.platforms.motar.body import decode
from mockserver.platforms.motar.carriers import ATO_PAGE, AUTHORIZATION
from mockserver.wire import Answer, Call, Evidence, Refusal, Route, json_answer
from mockserver.world.world import World


def ato_status(world: World, call: Call) -> Answer | Refusal:
    """A plugin reports how far a request is."""
    caller = ato.check_caller(world, call)
    if isinstance(caller, Refusal):
        return caller
    update = decode(call, ato.StatusUpdate)
    ato.update_status(world, call, ato.request_for(world, caller, update.request_id), update)
    return json_answer({"success": True})


def ato_alert(world: World, call: Call) -> Answer | Refusal:
    """A plugin tells the people in Studio something."""
    caller = ato.check_caller(world, call)
    if isinstance(caller, Refusal):
        return caller
    new = decode(call, ato.NewAlert)
    ato.create_alert(world, call, ato.request_for(world, caller, new.request_id), new)
    return json_answer({"success": True})


ROUTES = (
    Route(
        "POST",
        "/plugin/v1/ato/status",
        ato_status,
        "Update an ATO request's status",
        Evidence(
            "documented",
            "assumed",
            "assumed",
            "Only requestId is mandatory. Bearer, the bare token and Basic are taken. Any status may follow any other. "
            "A cancelled request answers 400/4006; a completed one takes calls, told as a violation. A missing field "
            "is 400/4001, an unknown value 400/4003, a wrong type (null, too) 400/4005, a request of another plugin or "
            "organization 403/4032, an unknown one 404/4042.",
        ),
        (AUTHORIZATION,),
        request=ato.StatusUpdate,
        source=ATO_PAGE,
        replies=(shapes.DONE,),
        refused=(400, 401, 403, 404),
    ),
    Route(
        "POST",
        "/plugin/v1/ato/alert",
        ato_alert,
        "Create an alert in the package progress view",
        Evidence(
            "documented",
            "assumed",
            "assumed",
            "requestId, title and text are mandatory, type defaults to info. A repeated providerId makes another "
            "alert, or replaces the first under motar.repeated_provider_id: update; "
            "either is told. Errors as for status.",
        ),
        (AUTHORIZATION,),
        request=ato.NewAlert,
        source=ATO_PAGE,
        replies=(shapes.DONE,),
        refused=(400, 401, 403, 404),
    ),
)
