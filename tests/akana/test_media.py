"""JSON, XML and RSS, and faults in the form that a client takes."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import httpx2
import pytest

from mockserver.platforms.akana.media import to_xml
from tests.akana.portal import AMY, Portal, items, refused

XML = {"accept": "application/xml"}


def ledger(portal: Portal) -> str:
    return str(
        portal[AMY].read("/api/apps/versions", params={"Identity": identity(portal)})["channel"]["item"][0]["guid"][
            "value"
        ]
    )


def identity(portal: Portal) -> str:
    return str(portal.world.documents("akana.app_versions")[0]["identity"])


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("application/json", "application/json"),
        ("*/*", "application/json"),
        ("application/*", "application/json"),
        ("text/html, application/xml;q=0.9, */*;q=0.1", "application/xml"),
        ("application/json;q=0.1, application/xml", "application/xml"),
        ("application/vnd.soa.v81+json", "application/vnd.soa.v81+json"),
        ("application/vnd.soa.v72+xml", "application/vnd.soa.v72+xml"),
        ("application/json;q=0, application/xml", "application/xml"),
        ("application/json;q=nonsense, application/xml", "application/xml"),
    ],
)
def test_accept_chooses_the_form(portal: Portal, accept: str, media: str):
    answer = portal[AMY].get(f"/api/apps/versions/{ledger(portal)}", headers={"accept": accept})
    assert (answer.status_code, answer.headers["content-type"]) == (200, f"{media};charset=UTF-8")


def test_xml_has_the_same_fields(portal: Portal):
    version = portal[AMY].read(f"/api/apps/versions/{ledger(portal)}")
    root = ET.fromstring(portal[AMY].get(f"/api/apps/versions/{ledger(portal)}", headers=XML).text)
    assert root.tag == "ApplicationVersion"
    assert root.findtext("RuntimeID") == version["RuntimeID"]
    assert root.findtext("HasKeyInfo") == "false"
    assert [each.text for each in root.findall("SecurityMechanisms")] == version["SecurityMechanisms"]
    assert root.findtext("RatingSummary/Five") == "0"


def test_a_list_is_a_channel_without_items_when_empty(portal: Portal):
    listed = portal[AMY].read("/api/apps")
    (item,) = items(listed)
    assert item["title"] == "Ledger"
    assert item["category"] == [{"value": "app", "domain": "uddi:soa.com:resourcetype"}]
    assert item["guid"]["value"].endswith(".atmosphere")
    assert item["pubDate"] == "Thu, 01 Jan 2026 00:00:00 GMT"
    assert portal[AMY].read("/api/apps", params={"start": 1}) == {"channel": {"title": "Apps"}, "version": "1.0"}


def test_a_list_in_xml_is_rss(portal: Portal):
    root = ET.fromstring(portal[AMY].get("/api/apps", headers=XML).text)
    assert (root.tag, root.get("version")) == ("rss", "2.0")
    assert root.findtext("channel/item/title") == "Ledger"
    category = root.find("channel/item/category")
    assert category is not None
    assert (category.get("domain"), category.text) == ("uddi:soa.com:resourcetype", "app")
    guid = root.find("channel/item/guid")
    assert guid is not None
    assert (guid.get("isPermaLink"), guid.text) == ("false", portal.world.documents("akana.apps")[0]["id"])
    contracts = portal[AMY].get(f"/api/apps/versions/{ledger(portal)}/contracts", headers=XML).text
    about = ET.fromstring(contracts).find("channel/item/EntityReferences/EntityReference")
    assert about is not None
    assert (about.findtext("Title"), about.findtext("Guid")) == ("1.0", ledger(portal))
    assert [(each.get("domain"), each.text) for each in about.findall("Category")] == [
        ("uddi:soa.com:resourcetype", "appversion")
    ]


def test_a_fault_comes_as_the_client_takes_it(portal: Portal):
    url = "/api/apps/nowhere.atmosphere"
    refused(portal[AMY].get(url), 404, "NotFound", "nowhere.atmosphere")
    root = ET.fromstring(portal[AMY].get(url, headers=XML).text)
    assert root.tag == "Fault"
    assert root.findtext("faultcode") == "Client.NotFound"
    refused(portal[AMY].get(url, headers={"accept": "image/png"}), 404, "NotFound")


def test_what_nobody_can_take_is_404_as_documented(portal: Portal):
    refused(portal[AMY].get("/api/apps", headers={"accept": "image/png"}), 404, "UnsupportedMediaType", "image/png")
    answer = portal[AMY].send("POST", "/api/apps", content=b"<App/>", headers={"content-type": "application/xml"})
    refused(answer, 404, "UnsupportedMediaType", "application/xml")


def test_vendor_types_are_taken_in_bodies(portal: Portal):
    body = '{"Name": "Teller", "ApplicationVersion": {"Name": "1"}}'
    headers = {"content-type": "application/vnd.soa.v81+json"}
    assert portal[AMY].send("POST", "/api/apps", content=body, headers=headers).status_code == 200


def test_every_problem_of_a_body_is_told(portal: Portal):
    body = {"Summary": 1, "ApplicationVersion": {"Visibility": "public"}, "Nmae": "x"}
    told = refused(portal[AMY].send("POST", "/api/apps", json=body), 400, "InvalidInput")
    for word in ("Name is missing", "Summary", "did you mean Name?", "Visibility"):
        assert word in told, told


def test_a_path_that_is_nothing_is_akanas_404(portal: Portal):
    refused(portal[AMY].get("/api/nothing"), 404, "NotFound", "Akana")
    wrong: httpx2.Response = portal[AMY].send("DELETE", "/api/login")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    ("value", "xml"),
    [
        ({"a": None, "b": "<&>"}, "<r><b>&lt;&amp;&gt;</b></r>"),
        ({"a": [1, 2]}, "<r><a>1</a><a>2</a></r>"),
        ({"a": {"b": True}}, "<r><a><b>true</b></a></r>"),
        ({"a": []}, "<r></r>"),
        ({"a": [{"value": "<b>", "domain": 'x"y'}]}, '<r><a domain="x&quot;y">&lt;b&gt;</a></r>'),
        ({"a": "x\x00y"}, "<r><a>x\ufffdy</a></r>"),
    ],
)
def test_data_becomes_xml(value: object, xml: str):
    assert to_xml("r", value) == xml
