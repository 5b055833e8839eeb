"""What platforms and the edge both speak: calls, answers, refusals, routes and what is known about them."""

from mockserver.wire.call import BadBody, Call
from mockserver.wire.limits import Limits
from mockserver.wire.platform import (
    JSON_HEADERS,
    Answer,
    Decision,
    Page,
    Platform,
    Refusal,
    Rejected,
    json_answer,
    redirect,
)
from mockserver.wire.routes import Carrier, Evidence, Reply, Route, RouteTable

__all__ = [
    "JSON_HEADERS",
    "Answer",
    "BadBody",
    "Call",
    "Carrier",
    "Decision",
    "Evidence",
    "Limits",
    "Page",
    "Platform",
    "Refusal",
    "Rejected",
    "Reply",
    "Route",
    "RouteTable",
    "json_answer",
    "redirect",
]
