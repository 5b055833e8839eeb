"""The signed-in user's profile."""

from __future__ import annotations

from mockserver.platforms.motar import oauth, shapes
from mockserver.platforms.motar.carriers import AUTHORIZATION
from mockserver.wire import Answer, Call, Evidence, Refusal, Route, json_answer
from mockserver.world.world import World

UNSET = (
    *("profilePic", "coverPhoto", "position", "role", "militaryGrade", "displayRank", "gender", "displayDutyTitle"),
    *("civilianGrade", "civilianBand", "jobSeriesNumber", "jobTitle"),
)
"""Documented keys that nobody sets here."""


def my_profile(world: World, call: Call) -> Answer | Refusal:
    """The profile of the user whom the token speaks for."""
    signed_in = oauth.require_token(world, call)
    if isinstance(signed_in, Refusal):
        return signed_in
    user = signed_in.user
    return json_answer(
        {
            "handle": user.handle,
            "firstName": user.first_name,
            "lastName": user.last_name,
            "userType": "adult",
            "accountType": "Adult",
            "country": "US",
            "userId": user.id,
            "email": user.email,
            "trainer": False,
            "trainee": False,
            "organizationRoles": {"afsc": None},
            **dict.fromkeys(UNSET),
        }
    )


ROUTES = (
    Route(
        "GET",
        "/user/v1/my/profile",
        my_profile,
        "The signed-in user's profile",
        Evidence("documented", "documented", "assumed", "Every documented key is there; what nobody set is null."),
        (AUTHORIZATION,),
        source="docs: My profile page",
        replies=(shapes.PROFILE,),
        refused=(401, 403),
        security=("bearer",),
    ),
)
