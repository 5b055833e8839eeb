"""Secrets give way to placeholders, wherever they stand and whatever they are called, and nothing else does."""

from __future__ import annotations

import base64
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.app import build_app
from mockserver.settings import Settings
from mockserver.world.redaction import Redaction, held_by
from mockserver.world.secrets import NAMES, label_of, plain
from mockserver.world.world import World
from tests.toy import toy_worlds

SECRET = "s3cr3t-0123456789abcdef"
PART = "--b\r\nContent-Disposition: form-data"


def of(world: World) -> Redaction:
    return Redaction(held_by([world]))


@pytest.fixture(scope="module")
def quickstart() -> World:
    """The world `default` after somebody has signed in, refreshed, and used a device."""
    world = build_app(Settings()).worlds.find("default")
    world.act("motar.start_ato_request")
    code = world.act("motar.sign_in", {"user": "@olivia"})["code"]
    assert code
    return world


def secrets_of(world: World) -> dict[str, str]:
    """Every secret that the world's documents hold, with what it is called, as found by walking all of them."""
    documents = (document for collection in world.collections.values() for document in collection)
    fields = (field for document in documents for field in msgspec.structs.asdict(document).items())
    return {value: name for name, value in fields if plain(name) in NAMES and isinstance(value, str)}


def test_every_credential_of_the_quickstart_fixture_is_known(quickstart: World):
    secrets = secrets_of(quickstart)
    assert set(secrets.values()) >= {"client_secret", "password", "code"}
    for secret, name in secrets.items():
        assert quickstart.secret(secret) is not None, name
        shown = [
            of(quickstart).data({name: secret, "nested": [{plain(name): secret}]}),
            of(quickstart).text(f"it sent {name}={secret}, and {{'{name}': '{secret}'}}."),
            of(quickstart).pairs((("authorization", f"Bearer {secret}"), ("cookie", f"session={secret}"))),
        ]
        if len(secret) >= 12:
            shown += [of(quickstart).text(f"{secret} was used twice"), of(quickstart).data({"note": secret})]
            shown += [of(quickstart).text(f"/somewhere/{secret}/else?x={secret}#{secret}")]
        assert secret not in str(shown)


def test_what_is_no_secret_stays(quickstart: World):
    plugin = next(iter(quickstart.collections["motar.plugins"]))
    shown = {
        "client_id": plugin.client_id,
        "redirect_uri": "http://127.0.0.1:8700/motar/callback?state=abc",
        "error_code": "4008",
        "code": "4008",
        "text": "The plugin is offline; expected code 4008, got status: 200",
        "count": 3,
        "none": None,
        "token_type": "Bearer",
        "list": [1, 2.5, True],
    }
    assert of(quickstart).data(shown) == shown


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("Authorization", f"Bearer {SECRET}", "Bearer {credential-1}"),
        ("authorization", SECRET, "{credential-1}"),
        ("authorization", f"Basic {base64.b64encode(b'a:b').decode()}", "Basic {credential-1}"),
        ("Cookie", "a=1; b=2", "a={cookie-1}; b={cookie-2}"),
        ("Set-Cookie", "a=1; Path=/x; HttpOnly", "a={cookie-1}; Path=/x; HttpOnly"),
        ("client_secret", SECRET, "{client_secret-1}"),
        ("clientSecret", SECRET, "{client_secret-1}"),
        ("X-API-Key", SECRET, "{x_api_key-1}"),
        ("code", SECRET, "{code-1}"),
        ("password", "x", "{password-1}"),
        ("password", "", ""),
        ("user-agent", "curl/8.0", "curl/8.0"),
    ],
)
def test_a_name_says_that_its_value_is_secret(name: str, value: str, shown: str):
    assert Redaction().data({name: value}) == {name: shown}
    assert Redaction().pairs(((name, value),)) == ((name, shown),)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"code={SECRET}&state=1", "code={code-1}&state=1"),
        (f"https://a.test/cb?code={SECRET}#x", "https://a.test/cb?code={code-1}#x"),
        (f'{{"refresh_token": "{SECRET}"}}', '{"refresh_token": "{refresh_token-1}"}'),
        (f"password: {SECRET}", "password: {password-1}"),
        (f"Authorization: Bearer {SECRET}", "Authorization: Bearer {credential-1}"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJhdWQiOiJ4In0.c2ln is a JWT", "{credential-1} is a JWT"),
        ("the Basic header of a bearer token", "the Basic header of a bearer token"),
        ("Basic cGx1Z2luOnNl and bearer abcdefghijklmnop", "Basic {credential-1} and bearer {credential-2}"),
        ("/cb?code=a%2Fb%2Bc%3D-0123456789&x=1", "/cb?code={code-1}&x=1"),
        (
            f'<input type="hidden" name="csrf_token" value="{SECRET}">',
            '<input type="hidden" name="csrf_token" value="{csrf_token-1}">',
        ),
        (f"<INPUT VALUE='{SECRET}' NAME='_csrf' />", "<INPUT VALUE='{csrf-1}' NAME='_csrf' />"),
        (f'<meta name="csrf-token" content="{SECRET}">', '<meta name="csrf-token" content="{csrf_token-1}">'),
        ('<input name="password" value="">', '<input name="password" value="">'),
        ('<input name="csrf_token"><p title="value=1">', '<input name="csrf_token"><p title="value=1">'),
        (f'<input name="city" value="{SECRET}">', f'<input name="city" value="{SECRET}">'),
        (
            f'{PART}; name="password"; x\r\nContent-Type: text/plain\r\n\r\ncorrect horse\r\nstaple\r\n--b',
            f'{PART}; name="password"; x\r\nContent-Type: text/plain\r\n\r\n{{password-1}}\r\n--b',
        ),
        (f'{PART}; name="city"\r\n\r\nRome\r\n--b', f'{PART}; name="city"\r\n\r\nRome\r\n--b'),
        ('<input name="password">\r\n\r\n<p>Rome', '<input name="password">\r\n\r\n<p>Rome'),
        ("expected a token: none came", "expected a token: none came"),
        ("the code was used", "the code was used"),
        ("no access token: exchange it first", "no access token: exchange it first"),
        ("postcode=12345-6789-0123", "postcode=12345-6789-0123"),
        ("", ""),
    ],
)
def test_text_is_redacted_by_what_stands_beside(text: str, shown: str):
    assert Redaction().text(text) == shown


def test_a_secret_has_one_placeholder_in_one_document_and_another_secret_another():
    redaction = Redaction()
    shown = redaction.data([{"access_token": "first-token"}, {"token": "first-token"}, {"access_token": "other-token"}])
    assert shown == [
        {"access_token": "{access_token-1}"},
        {"token": "{access_token-1}"},
        {"access_token": "{access_token-2}"},
    ]
    assert redaction.data({"access_token": "other-token"}) == {"access_token": "{access_token-2}"}
    assert Redaction().data({"access_token": "other-token"}) == {"access_token": "{access_token-1}"}


def test_a_secret_that_was_named_once_is_known_everywhere_after_that():
    redaction = Redaction()
    redaction.data({"client_secret": SECRET})
    assert redaction.text(f"It said {SECRET}.") == "It said {client_secret-1}."


def test_a_secret_is_the_same_however_an_address_or_a_page_spells_it():
    redaction = Redaction()
    assert redaction.pairs((("code", "a/b&c=-0123456789"),)) == (("code", "{code-1}"),)
    assert redaction.text("/cb?code=a%2Fb%26c%3D-0123456789") == "/cb?code={code-1}"
    assert (
        redaction.text("<input name=\"code\" value='a/b&amp;c=-0123456789'>")
        == "<input name=\"code\" value='{code-1}'>"
    )


def test_endless_documents_keep_nothing():
    redaction = Redaction(numbered=False)
    for n in range(5):
        assert redaction.text(f"code=abcdef-0123456789-{n}") == "code={code}"
    assert not redaction._placeholders


def test_redacting_again_changes_nothing():
    redaction = Redaction()
    once = redaction.data({"password": "pw", "headers": {"cookie": "a=b", "authorization": f"Bearer {SECRET}"}})
    assert Redaction().data(once) == once


def test_declared_fields_are_secrets_although_their_names_do_not_say_so():
    worlds = toy_worlds()
    world = worlds.create("a")
    world.act("toy.write", {"text": "a", "secret": SECRET})
    assert world.secret(SECRET) == "secret"
    assert world.secret("something-else-altogether") is None
    assert of(world).text(f"GET /toy/{SECRET}") == "GET /toy/{secret-1}"
    worlds.reset("a")
    assert worlds.find("a").secret(SECRET) is None


@pytest.mark.parametrize("name", ["accessToken", "ACCESS_TOKEN", "access-token"])
def test_spelling_makes_no_difference(name: str):
    assert label_of(name) == "access_token"


@pytest.mark.parametrize("name", ["AtmoAuthToken_acme", "Csrf-Token_acme", "X-Csrf-Token_acme", "x-csrf-token_acme"])
def test_names_that_end_in_a_sites_own_are_known_by_their_beginning(name: str):
    assert label_of(name) in ("cookie", "csrf_token", "x_csrf_token")
    assert label_of(name.partition("_")[0][:6]) is None


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=20,
)


@given(_json, st.sampled_from(sorted(NAMES.values())))
def test_whatever_is_around_it_a_named_secret_is_never_shown(around: Any, name: str):
    shown = Redaction().data({"around": around, name: SECRET, "text": f"{name}={SECRET}"})
    assert SECRET not in str(shown)
