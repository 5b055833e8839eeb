"""Apps and their versions without any workflow: plain permissions, as the default is."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.akana.portal import AMY, BEN, CARA, DORA, EVE, SID, Portal, items, refused

PEM = b"-----BEGIN CERTIFICATE-----\nTUlJQg==\n-----END CERTIFICATE-----\n"
CSR = b"-----BEGIN CERTIFICATE REQUEST-----\nTUlJQg==\n-----END CERTIFICATE REQUEST-----\n"


def save(portal: Portal, who: str, version: str, content: bytes = PEM, **params: str):
    files = {"File": ("app.pem", content, "application/x-pem-file")}
    return portal[who].send("POST", f"/api/apps/versions/{version}/keyinfo", files=files, params=params)


@pytest.fixture
def version(portal: Portal) -> str:
    return portal.new_app()


def test_an_app_is_made_with_its_first_version(portal: Portal):
    body = {
        "Name": "Teller",
        "Summary": "counts",
        "ApplicationVersion": {
            "Name": "1.0",
            "Description": "first",
            "Tag": ["cash"],
            "Visibility": "Public",
            "Identity": "teller-identity",
            "SharedSecret": "hush",
            "WebsiteAddress": "https://teller.test",
        },
    }
    answer = portal[AMY].do("POST", "/api/apps", body)
    assert answer.headers["atmo-renew-token"] == "renew"
    app = answer.json()
    version = app["ApplicationVersion"]
    assert (app["Name"], app["Summary"]) == ("Teller", "counts")
    assert version["AppID"] == app["AppID"]
    assert {name: version[name] for name in ("Name", "Description", "Tag", "Visibility", "WebsiteAddress")} == {
        name: value for name, value in body["ApplicationVersion"].items() if name in version and name != "Identity"
    }
    assert (version["HasKeyInfo"], version["State"]) == (False, "com.soa.app.state.active")
    assert version["InitialEnvironment"] == version["CurrentEnvironment"] == "Sandbox"
    (found,) = items(portal[AMY].read("/api/apps/versions", params={"Identity": "teller-identity"}))
    assert found["guid"]["value"] == version["RuntimeID"]
    secret = portal[AMY].read(f"/api/apps/versions/{version['RuntimeID']}/secret")
    assert secret == {"SharedSecret": "hush"}
    members = items(portal[AMY].read(f"/api/apps/{app['AppID']}/members"))
    assert [each["title"] for each in members] == ["amy"]


def test_ids_have_the_vendors_forms(portal: Portal):
    app = portal[AMY].do("POST", "/api/apps", {"Name": "T", "ApplicationVersion": {"Name": "1"}}).json()
    assert len(app["AppID"].removesuffix(".atmosphere")) == 36
    version = app["ApplicationVersion"]
    assert version["RuntimeID"].removesuffix(".atmosphere").isalnum()
    assert len(version["RuntimeID"].removesuffix(".atmosphere")) == 24
    assert version["Identity"].startswith("atmosphere-")
    assert app["AdminGroupID"].startswith("group")


def test_a_version_is_added_and_listed(portal: Portal, version: str):
    app = portal[AMY].read(f"/api/apps/versions/{version}")["AppID"]
    made = portal[AMY].do("POST", f"/api/apps/{app}/versions", {"Name": "2.0"}).json()
    as_text = portal[AMY].do("POST", f"/api/apps/{app}/versions", {"Name": "3.0"}, headers={"accept": "text/plain"})
    assert portal[AMY].read(f"/api/apps/versions/{as_text.text}")["Name"] == "3.0"
    names = [each["title"] for each in items(portal[AMY].read(f"/api/apps/{app}/versions"))]
    assert names == ["1.0", "2.0", "3.0"]
    assert made["AppID"] == app
    refused(portal[AMY].send("POST", f"/api/apps/{app}/versions", json={"Name": "2.0"}), 400, "Conflict", "2.0")
    refused(portal[EVE].send("POST", f"/api/apps/{app}/versions", json={"Name": "4"}), 403, "NotAuthorized")


def test_what_is_left_out_of_a_change_stays(portal: Portal, version: str):
    url = f"/api/apps/versions/{version}"
    portal.advance("1h")
    shown = portal[AMY].do("PUT", url, {"Description": "new"}).json()
    assert (shown["Name"], shown["Description"], shown["Updated"]) == ("1.0", "new", "2026-01-01T01:00:00.000Z")
    # What a client got it may send back.
    assert portal[AMY].do("PUT", url, {**shown, "Name": "1.1"}).json()["Name"] == "1.1"


def test_an_app_can_be_changed(portal: Portal, version: str):
    app = portal[AMY].read(f"/api/apps/versions/{version}")["AppID"]
    portal[AMY].do("PUT", f"/api/apps/{app}", {"Description": "about"})
    assert portal[AMY].read(f"/api/apps/{app}")["Description"] == "about"
    refused(portal[EVE].send("PUT", f"/api/apps/{app}", json={"Description": "x"}), 403, "NotAuthorized")


@pytest.mark.parametrize(
    ("who", "may"), [(AMY, True), (DORA, True), (SID, True), (BEN, False), (EVE, False), (CARA, False)]
)
def test_the_team_and_its_seniors_may_change_a_version(portal: Portal, version: str, who: str, may: bool):
    answer = portal[who].send("PUT", f"/api/apps/versions/{version}", json={"Description": "x"})
    assert answer.status_code == (200 if may else 403), answer.text
    assert portal[who].get(f"/api/apps/versions/{version}/secret").status_code == (200 if may else 403)
    assert save(portal, who, version).status_code == (200 if may else 403)


def test_who_joins_the_team_may_as_well(portal: Portal, version: str):
    app = portal[AMY].read(f"/api/apps/versions/{version}")["AppID"]
    portal[AMY].do("POST", f"/api/apps/{app}/members", {"Email": "ben@harbor.test"})
    portal[BEN].do("PUT", f"/api/apps/versions/{version}", {"Description": "by Ben"})
    refused(portal[AMY].send("POST", f"/api/apps/{app}/members", json={"Email": "x"}), 404, "NotFound")


def test_a_certificate_comes_and_goes(portal: Portal, version: str):
    url = f"/api/apps/versions/{version}"
    refused(portal[AMY].get(f"{url}/keyinfo"), 404, "NotFound")
    saved = save(portal, AMY, version)
    assert (saved.json()["Type"], saved.json()["FileName"]) == ("Certificate", "app.pem")
    assert portal[AMY].read(url)["SecurityMechanisms"] == ["SharedSecret", "PKI"]
    assert save(portal, AMY, version, CSR).json()["Type"] == "CSR"
    assert portal[AMY].read(f"{url}/keyinfo")["Content"].startswith("-----BEGIN CERTIFICATE REQUEST-----")
    portal[AMY].do("DELETE", f"{url}/keyinfo")
    assert portal[AMY].read(url)["HasKeyInfo"] is False
    refused(portal[AMY].send("DELETE", f"{url}/keyinfo"), 404, "NotFound")


@pytest.mark.parametrize(
    "content",
    [b"", b"nonsense", b"-----BEGIN PRIVATE KEY-----\nTUlJQg==\n-----END PRIVATE KEY-----\n", b"\xff" * 70_000],
)
def test_what_is_no_certificate_is_refused(portal: Portal, version: str, content: bytes):
    before = portal.snapshot()
    refused(save(portal, AMY, version, content), 400, "InvalidInput")
    assert portal.snapshot() == before


def test_a_saved_certificate_can_be_wrapped_for_a_frame(portal: Portal, version: str):
    answer = save(portal, AMY, version, wrapInHTML="true")
    assert answer.headers["content-type"].startswith("text/html")
    assert "<textarea>{&quot;Type&quot;:&quot;Certificate&quot;" in answer.text
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'self'" in policy
    assert answer.headers["cache-control"] == "no-store"


def test_a_form_without_a_file_and_no_form_at_all(portal: Portal, version: str):
    url = f"/api/apps/versions/{version}/keyinfo"
    refused(portal[AMY].send("POST", url, data={"a": "b"}), 400, "InvalidInput", "one file")
    refused(portal[AMY].send("POST", url, json={}), 404, "UnsupportedMediaType", "multipart/form-data")


def test_a_new_secret_is_made_and_not_told(portal: Portal, version: str):
    url = f"/api/apps/versions/{version}/secret"
    old = portal[AMY].read(url)
    assert portal[AMY].do("PUT", url).text == ""
    assert portal[AMY].read(url) != old


def test_the_public_profile_and_its_picture(portal: Portal, version: str):
    url = f"/api/apps/versions/{version}/publicprofile"
    portal[AMY].do("PUT", url, {"Title": "Teller", "PictureID": "pic1"})
    assert portal[AMY].read(url) == {"Title": "Teller", "Text": "", "PictureID": "pic1"}
    portal[AMY].do("DELETE", f"{url}/picture")
    assert portal[AMY].read(url) == {"Title": "Teller", "Text": "", "PictureID": None}


def test_the_authorization_section_is_for_seniors(portal: Portal, version: str):
    url = f"/api/apps/versions/{version}/oauthprofile"
    portal[AMY].do("PUT", url, {"RedirectURIs": ["https://a.test/cb"]})
    scopes = {"Authorization": {"Scopes": ["cash"]}}
    refused(portal[AMY].send("PUT", url, json=scopes), 403, "ActionNotAvailable", "Business and Site Admins")
    portal[DORA].do("PUT", url, scopes)
    seen = portal[AMY].read(url)
    assert (seen["RedirectURIs"], seen["Authorization"]["Scopes"]) == (["https://a.test/cb"], ["cash"])
    # Sending back what one got changes nothing, so it is nobody's business.
    portal[AMY].do("PUT", url, seen)


def test_a_client_has_so_many_redirect_uris(portal: Portal, version: str):
    url = f"/api/apps/versions/{version}/oauthprofile"
    uris = [f"https://a.test/{n}" for n in range(101)]
    answer = portal[AMY].send("PUT", url, json={"RedirectURIs": uris})
    refused(answer, 400, "InvalidInput", "101 RedirectURIs are more than 100", "core.max_redirect_uris")
    portal[AMY].do("PUT", url, {"RedirectURIs": uris[:100]})
    assert portal[AMY].read(url)["RedirectURIs"] == uris[:100]


def test_the_last_version_takes_the_app_along(portal: Portal, version: str):
    app = portal[AMY].read(f"/api/apps/versions/{version}")["AppID"]
    gone = portal[AMY].do("DELETE", f"/api/apps/versions/{version}").json()
    assert gone == {"RuntimeID": version, "Deleted": True}
    refused(portal[AMY].get(f"/api/apps/versions/{version}"), 404, "NotFound")
    refused(portal[AMY].get(f"/api/apps/{app}"), 404, "NotFound")


def test_or_not(new_portal: Callable[..., Portal]):
    portal = new_portal(last_version_takes_app=False)
    version = portal.new_app()
    app = portal[AMY].read(f"/api/apps/versions/{version}")["AppID"]
    portal[AMY].do("DELETE", f"/api/apps/versions/{version}")
    assert portal[AMY].read(f"/api/apps/{app}")["ApplicationVersion"] is None
    refused(portal[EVE].send("DELETE", f"/api/apps/{app}"), 403, "NotAuthorized")
    portal[AMY].do("POST", f"/api/apps/{app}/versions", {"Name": "2.0"})
    portal[AMY].do("DELETE", f"/api/apps/{app}")
    refused(portal[AMY].get(f"/api/apps/{app}"), 404, "NotFound")


def test_an_app_goes_with_all_its_versions(portal: Portal, version: str):
    app = portal[AMY].read(f"/api/apps/versions/{version}")["AppID"]
    portal[AMY].do("POST", f"/api/apps/{app}/versions", {"Name": "2.0"})
    refused(portal[EVE].send("DELETE", f"/api/apps/{app}"), 403, "NotAuthorized")
    answer = portal[AMY].do("DELETE", f"/api/apps/{app}", params={"Comment": "bye"})
    assert (answer.text, answer.headers["content-type"]) == (app, "text/plain;charset=UTF-8")
    refused(portal[AMY].get(f"/api/apps/versions/{version}"), 404, "NotFound")


def test_a_businesss_apps_are_for_its_admins(portal: Portal):
    business = next(each["id"] for each in portal.world.documents("akana.businesses") if each["name"] == "Harbor")
    assert [each["title"] for each in items(portal[DORA].read("/api/apps", params={"BusinessID": business}))] == [
        "Ledger"
    ]
    refused(portal[AMY].get("/api/apps", params={"BusinessID": business}), 403, "NotAuthorized")


def test_apis_are_shown_to_who_may_see_them(portal: Portal):
    assert [each["title"] for each in items(portal[BEN].read("/api/apis"))] == ["Payments", "Rates", "Vault"]
    assert [each["title"] for each in items(portal[AMY].read("/api/apis"))] == ["Payments", "Rates"]
    vault = portal.api_version("Vault")
    refused(portal[AMY].get(f"/api/apis/versions/{vault}"), 404, "NotFound")
    shown = portal[BEN].read(f"/api/apis/versions/{vault}")
    api = portal[BEN].read(f"/api/apis/{shown['APIID']}")
    assert api["APIVersion"] == shown
    assert api["LatestVersionID"] == vault
