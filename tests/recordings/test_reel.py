"""What a recording proxy kept, written: no secret gets into it, and what it can be replayed from is all there."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from mockserver.errors import Invalid
from mockserver.recordings import write
from mockserver.recordings.reel import Passed, Reel
from mockserver.world.headers import pack_text
from mockserver.world.journal import Exchange
from tests.recordings.har_schema import problems_of

BEGAN = datetime(2026, 3, 1, 9, tzinfo=UTC)
JSON, FORM = ("content-type", "application/json"), ("content-type", "application/x-www-form-urlencoded")

CLIENT_SECRET = "vendor-secret-0f1e2d3c"
CODE = "Splx/lOBe+ZQQ==YbYS6WxSbIA"
ACCESS, REFRESH = "aCcEsS-0123456789abcdef", "rEfReSh-0123456789abcdef"
CSRF, SESSION, PASSWORD = "csrf-0123456789-abcdef", "sessionAbc123Def456==", "correct horse"
ONLY_IN_BASIC = "basic-secret-9f8e7d6c"
BASIC = base64.b64encode(f"me:{ONLY_IN_BASIC}".encode()).decode()
SECRETS = (
    CLIENT_SECRET,
    CODE,
    quote(CODE, safe=""),
    ACCESS,
    REFRESH,
    CSRF,
    SESSION,
    PASSWORD,
    "correct+horse",
    BASIC,
    ONLY_IN_BASIC,
)


def passed(
    number: int,
    method: str,
    url: str,
    *,
    request: tuple[tuple[tuple[str, str], ...], str] = ((), ""),
    answer: tuple[tuple[tuple[str, str], ...], Any] = ((), ""),
    status: int = 200,
    kind: Any = "inbound",
    waited: float = 0.01,
    cut_off: str | None = None,
) -> Passed:
    at = BEGAN + timedelta(milliseconds=number)
    content = answer[1] if isinstance(answer[1], str) else json.dumps(answer[1])
    path, _, query = url.partition("?")
    exchange = Exchange(
        id=number,
        began=number,
        kind=kind,
        at=at,
        wall=at,
        seconds=waited,
        method=method,
        path="/" + path.split("/", 3)[3],
        url=url,
        query_string=query,
        request_head=pack_text(request[0]),
        request_body=request[1].encode(),
        status=status,
        response_head=pack_text(answer[0]),
        response_body=content.encode(),
    )
    return Passed(exchange=exchange, waited=waited, cut_off=cut_off)


def sign_in() -> list[Passed]:
    """A sign-in at a vendor, with a secret in every place where there may be one."""
    here = "http://localhost:8600"
    page = (
        f'<meta name="csrf-token" content="{CSRF}"><form><input value="{CSRF}" type=hidden name=_csrf></form>{REFRESH}'
    )
    cookie = f"session={SESSION}"
    form = f'--b\r\nContent-Disposition: form-data; name="password"\r\n\r\n{PASSWORD}\r\n--b--\r\n'
    grant = f"grant_type=authorization_code&code={quote(CODE, safe='')}&client_id=me&client_secret={CLIENT_SECRET}"
    tokens = {"access_token": ACCESS, "refresh_token": REFRESH}
    bearer = (("authorization", f"Bearer {ACCESS}"),)
    return [
        passed(1, "GET", f"{here}/login", answer=((("set-cookie", f"{cookie}; Path=/"),), page)),
        passed(
            2,
            "POST",
            f"{here}/login",
            request=((("cookie", cookie), ("content-type", "multipart/form-data; boundary=b")), form),
            answer=((("location", f"http://localhost:3000/callback?code={quote(CODE, safe='')}&state=1"),), ""),
            status=302,
        ),
        passed(3, "POST", f"{here}/login?password=correct+horse", request=((("x-csrf-token", CSRF),), "")),
        passed(4, "POST", f"{here}/oauth/token", request=((FORM,), grant), answer=((JSON,), tokens)),
        passed(5, "GET", f"{here}/profile", request=(bearer, ""), answer=((JSON,), {"you_sent": f"a {ACCESS}!"})),
        passed(
            6,
            "POST",
            f"{here}/basic",
            request=((("authorization", f"Basic {BASIC}"),), ""),
            answer=((), f"{ONLY_IN_BASIC} or {CLIENT_SECRET}"),
        ),
        passed(
            7,
            "POST",
            "http://localhost:3000/hook",
            kind="delivery",
            request=((JSON, ("authorization", f"Basic {BASIC}")), "{}"),
        ),
    ]


@pytest.fixture
def reel() -> Reel:
    reel = Reel()
    for each in sign_in():
        reel.add(each)
    return reel


def test_no_secret_gets_into_the_scenario_or_the_har(reel: Reel) -> None:
    recorded = reel.scenario("recordings/vendor", "Recorded at https://vendor.example")
    assert recorded.left_out == []
    document = reel.har("test")
    for text in (write(recorded.scenario), json.dumps(document)):
        assert [secret for secret in SECRETS if secret in text] == []
    assert problems_of(document) == []


def test_equal_secrets_have_one_placeholder_wherever_and_however_they_are_written(reel: Reel) -> None:
    entries = reel.har("test")["log"]["entries"]
    page, signed_in, _, token, profile, basic, hook = entries
    assert page["response"]["content"]["text"].count("{csrf_token-1}") == 2
    location = next(each["value"] for each in signed_in["response"]["headers"] if each["name"] == "location")
    assert location == "http://localhost:3000/callback?code={code-1}&state=1"
    assert {"name": "code", "value": "{code-1}"} in token["request"]["postData"]["params"]
    assert json.loads(profile["response"]["content"]["text"]) == {"you_sent": "a {access_token-1}!"}
    client_secret = next(each for each in token["request"]["postData"]["params"] if each["name"] == "client_secret")
    assert basic["response"]["content"]["text"] == f"{{password-1}} or {client_secret['value']}"
    assert page["response"]["content"]["text"].endswith("{refresh_token-1}")
    assert basic["request"]["headers"][0]["value"] == "Basic {credential-1}"
    assert {"name": "authorization", "value": "Basic {credential-1}"} in hook["request"]["headers"]


def test_what_is_waited_for_is_told_by_placeholders_so_that_other_credentials_pass(reel: Reel) -> None:
    steps = reel.scenario("recordings/vendor", "x").scenario["steps"]
    token = next(step for step in steps if step.get("await") == "POST /oauth/token")
    any_text = {"type": "string"}
    assert token["where"]["body"] == {
        "grant_type": "authorization_code",
        "code": any_text,
        "client_id": any_text,
        "client_secret": any_text,
    }
    assert token["respond"]["body"] == {"access_token": "{access_token-1}", "refresh_token": "{refresh_token-1}"}
    profile = next(step for step in steps if step.get("await") == "GET /profile")
    assert profile["where"]["headers"] == {"authorization": "Bearer {$steps.token.outputs.access_token}"}
    sent = next(step for step in steps if "send" in step)
    assert sent["headers"]["authorization"] == "$inputs.authorization"


def test_an_answer_that_was_slow_is_slow_again_and_others_come_at_once() -> None:
    reel = Reel()
    for number, waited in enumerate((0.94, 1.04, 61.5, 1000.0), 1):
        reel.add(passed(number, "GET", f"http://localhost:8600/{number}", waited=waited))
    quick, slow, slower, slowest = (step for step in reel.scenario("x", "x").scenario["steps"] if "await" in step)
    assert "delay" not in quick["respond"]
    assert (slow["respond"]["delay"], slow["within"]) == ("1s", "6s")
    assert (slower["respond"]["delay"], slower["within"]) == ("1m1s500ms", "1m6s500ms")
    assert slowest["respond"]["delay"] == "5m"


def test_a_call_that_came_late_is_waited_for_longer_and_the_first_one_until_somebody_sets_it_off() -> None:
    reel = Reel()
    for number in (1, 2_000, 6_000, 3_600_000):
        reel.add(passed(number, "GET", f"http://localhost:8600/{number}"))
    awaited = [step for step in reel.scenario("x", "x").scenario["steps"] if "await" in step]
    assert [step.get("within") for step in awaited] == ["1m", None, "12s", "10m"]


def test_several_headers_of_one_name_are_all_given_again() -> None:
    reel = Reel()
    cookies = (("set-cookie", "a=first-secret-1; Path=/"), ("x-one", "1"), ("set-cookie", "b=other-secret-2"))
    reel.add(passed(1, "GET", "http://localhost:8600/x", answer=(cookies, "")))
    (step,) = reel.scenario("x", "x").scenario["steps"]
    assert step["respond"]["headers"] == {"set-cookie": ["a={cookie-1}; Path=/", "b={cookie-2}"], "x-one": "1"}


def test_what_was_cut_off_or_never_came_through_is_left_out_and_told() -> None:
    reel = Reel()
    reel.add(passed(1, "GET", "http://localhost:8600/long", cut_off="its answer is longer than 5 bytes"))
    reel.add(Passed(exchange=passed(2, "GET", "http://localhost:8600/down").exchange, why="it is down"))
    reel.add(passed(3, "GET", "http://localhost:8600/x"))
    recorded = reel.scenario("x", "x")
    assert [step["await"] for step in recorded.scenario["steps"] if "await" in step] == ["GET /x"]
    assert recorded.left_out == [
        "GET /down: it is down",
        "GET http://localhost:8600/long: its answer is longer than 5 bytes",
    ]


def test_nothing_that_can_be_replayed_is_no_scenario() -> None:
    reel = Reel()
    reel.add(passed(1, "GET", "http://localhost:8600/long", cut_off="its answer is longer than 5 bytes"))
    with pytest.raises(Invalid, match="The recording cannot be replayed"):
        reel.scenario("x", "x")
