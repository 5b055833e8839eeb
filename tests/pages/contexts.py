"""A full context for every page, and one where everything that may be missing is missing."""

from __future__ import annotations

from typing import Any

Context = dict[str, Any]

EVERYWHERE: Context = {"assets": "/_mock/assets", "world": "default", "public_url": "http://localhost:8000"}


def user(handle: str = "@ada", name: str = "Ada Lovelace", organization: str = "Analytical Engines") -> dict[str, str]:
    return {
        "handle": handle,
        "name": name,
        "organization": organization,
        "role": "App owner",
        "email": f"{handle[1:]}@example.com",
        "password": f"{handle[1:]}-password",
    }


SIGNIN: Context = EVERYWHERE | {
    "app": "Quick ATO",
    "organization": "Quick ATO Systems",
    "client_id": "iok-cid-9f2c",
    "redirect_uri": "http://localhost:5000/callback",
    "action": "/oauth/signin",
    "fields": [("client_id", "iok-cid-9f2c"), ("state", "68a1f0c2d4b3e5a697081122")],
    "users": [user(), user("@charles", "Charles Babbage"), user("@grace", "Grace Hopper", "Quick ATO Systems")],
    "error": "That is not the password of @ada.",
    "handle": "@ada",
    "handoff": {"app_name": "Loom", "package_name": "Loom ATO Package", "company": "Analytical Engines"},
}

CONSENT: Context = EVERYWHERE | {
    "app": "Quick ATO",
    "organization": "Quick ATO Systems",
    "user": user(),
    "asks": ["See your profile", "Send you notifications"],
    "action": "/oauth/consent",
    "fields": [("state", "abc")],
    "back": "/oauth/signin?client_id=iok-cid-9f2c",
}

SIGNIN_PROBLEM: Context = EVERYWHERE | {
    "title": "This redirect URI is not registered",
    "explanation": "Quick ATO asked to return to a URI that nobody registered.",
    "status": 400,
    "code": "4003",
    "hints": ["Register exactly what the plugin sends."],
    "facts": [("client_id", "iok-cid-9f2c"), ("response_type", "code")],
    "mismatch": {
        "sent": "http://localhost:5000/callback/",
        "candidates": [
            {
                "uri": "http://localhost:5000/callback",
                "common": "http://localhost:5000/callback",
                "sent_rest": "/",
                "uri_rest": "",
                "note": "Only a trailing slash differs.",
            },
            {
                "uri": "https://localhost/callback",
                "common": "http",
                "sent_rest": "://localhost:5000/callback/",
                "uri_rest": "s://localhost/callback",
                "note": "Another scheme.",
            },
        ],
    },
}

PROGRESS: Context = EVERYWHERE | {
    "app_name": "Loom",
    "package_name": "Loom ATO Package",
    "company": "Analytical Engines",
    "request_id": "68a1f0c2d4b3e5a697081122",
    "status": "action-required",
    "complete": False,
    "cancellable": True,
    "cancelled": False,
    "distributions": [{"id": "68a1", "name": "Loom for Quest", "version": "2.4.0", "packageName": "com.example.loom"}],
    "alerts": [
        {
            "title": f"An alert of type {kind}",
            "text": "Please look at this.",
            "type": kind,
            "status": "in-progress",
            "providerId": f"TCK-{kind}",
            "at": "2025-03-01T09:12:00.000Z",
        }
        for kind in ("info", "success", "warning", "error")
    ],
    "hand_off_url": "/_mock/handoff/68a1",
}

HOME: Context = EVERYWHERE | {
    "version": "0.1.0",
    "worlds": [
        {
            "name": "default",
            "href": "/_mock/ui/default",
            "base_url": "http://localhost:8000",
            "clock_mode": "live",
            "now": "2025-03-01T09:12:00.000Z",
            "seed": "0",
            "exchanges": 128,
            "deliveries": 4,
        }
    ],
    "quickstart": {
        "base_url": "http://localhost:8000",
        "client_id": "iok-cid-9f2c",
        "client_secret": "iok-cse-0b7e",
        "request_endpoint": "http://localhost:5000/webhooks/ato",
        "distribution_endpoint": "http://localhost:5000/webhooks/distributions",
        "redirect_uris": ["http://localhost:5000/callback"],
        "users": [user()],
    },
    "next": [
        {"title": "Start an ATO request", "command": "mockserver trigger x", "text": "It arrives.", "href": None},
        {"title": "Sign in", "command": "", "text": "As your users do.", "href": "/oauth/signin"},
    ],
    "links": [("Journal", "/_mock/journal")],
    "progress": [{"label": "Loom ATO Package", "href": "/_mock/progress/1", "status": "under-review"}],
}

MESSAGE: Context = EVERYWHERE | {
    "title": "There is no page here",
    "text": "Nothing is served at /oauth/singin.",
    "hints": ["Did you mean /oauth/signin?"],
    "status": 404,
}

ACTIVATE: Context = EVERYWHERE | {
    "action": "/activate",
    "fields": [("user_code", "BCDFGHJK")],
    "device": {"app": "Quick ATO", "organization": "Quick ATO Systems", "user_code": "BCDFGHJK"},
    "users": [user(), user("@grace", "Grace Hopper", "Quick ATO Systems")],
    "entered": "@ada",
    "error": "That is not the password of @ada.",
    "connected": None,
}

PERMISSION_DIFF: Context = EVERYWHERE | {
    "title": "Onboarding containers 1.1.0 to yarddev",
    "lines": [
        {"part": "roles", "name": "containers: sweeper", "change": "added", "before": None, "after": '{"a":1}'},
        {"part": "roles", "name": "containers: reader", "change": "changed", "before": '{"a":1}', "after": '{"a":2}'},
        {"part": "roles", "name": "containers: manager", "change": "removed", "before": '{"a":1}', "after": None},
    ],
}

FULL: dict[str, Context] = {
    "permission_diff.html": PERMISSION_DIFF,
    "signin.html": SIGNIN,
    "consent.html": CONSENT,
    "signin_problem.html": SIGNIN_PROBLEM,
    "progress.html": PROGRESS,
    "home.html": HOME,
    "message.html": MESSAGE,
    "activate.html": ACTIVATE,
}

_NOWHERE: Context = {"assets": "/_mock/assets", "world": "", "public_url": ""}

BARE: dict[str, Context] = {
    "permission_diff.html": PERMISSION_DIFF | _NOWHERE | {"lines": []},
    "signin.html": SIGNIN | _NOWHERE | {"fields": [], "users": [], "error": None, "handle": "", "handoff": None},
    "consent.html": CONSENT | _NOWHERE | {"asks": [], "fields": [], "back": ""},
    "signin_problem.html": SIGNIN_PROBLEM | _NOWHERE | {"code": "", "hints": [], "facts": [], "mismatch": None},
    "progress.html": PROGRESS | _NOWHERE | {"distributions": [], "alerts": [], "hand_off_url": None},
    "home.html": HOME | _NOWHERE | {"worlds": [], "quickstart": None, "next": [], "links": [], "progress": []},
    "message.html": MESSAGE | _NOWHERE | {"hints": []},
    "activate.html": ACTIVATE | _NOWHERE | {"fields": [], "device": None, "users": [], "entered": "", "error": None},
}

MANY_USERS: Context = SIGNIN | {
    "users": [user(f"@user{n}", f"User {n}", f"Organization {n % 3}") for n in range(12)],
    "handle": "@user2",
}

EVERY_PAGE = [
    *((f"{name} full", name, context) for name, context in FULL.items()),
    *((f"{name} bare", name, context) for name, context in BARE.items()),
    ("signin.html with many users", "signin.html", MANY_USERS),
    ("activate.html approved", "activate.html", ACTIVATE | {"users": [], "connected": True}),
    ("activate.html denied", "activate.html", ACTIVATE | {"users": [], "connected": False}),
    ("progress.html cancelled", "progress.html", PROGRESS | {"cancelled": True}),
    ("progress.html complete", "progress.html", PROGRESS | {"status": "completed", "complete": True}),
    ("progress.html with a strange status", "progress.html", PROGRESS | {"status": "lost"}),
    (
        "signin_problem.html without candidates",
        "signin_problem.html",
        SIGNIN_PROBLEM | {"mismatch": {"sent": "http://localhost:5000/", "candidates": []}},
    ),
]
