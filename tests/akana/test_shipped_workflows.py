"""The two workflows that ship use together everything on the vendor's page, and lint has nothing to say about them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from mockserver import resources
from mockserver.platforms.akana.workflow import vocabulary
from mockserver.platforms.akana.workflow.definition import Definition
from mockserver.platforms.akana.workflow.lint import lint
from mockserver.platforms.akana.workflow.reader import read
from mockserver.platforms.akana.workflow.variables import names_in
from mockserver.platforms.akana.workflow.walk import invocations
from tests.akana.page import PAGE
from tests.akana.portal import Portal
from tests.akana.provider import Provider
from tests.support import Live

FILES = sorted(resources.shelf("fixtures").glob("akana/*.xml"))


def used(definition: Definition, kind: str) -> set[str]:
    called = list(invocations(definition))
    match kind:
        case "functions" | "conditions":
            return {call.type for of, _, call in called if of == kind.removesuffix("s")}
        case "variables":
            return {name for _, _, call in called for arg in call.args for name in names_in(arg.value)}
    return {action.name for action in definition.actions()}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_lint_has_nothing_to_say(path):
    assert list(lint(path.read_text(), path.name, vocabulary.APP_VERSION)) == []


@pytest.mark.parametrize("kind", PAGE)
def test_together_they_use_every_name_on_the_vendors_page(kind):
    both = [read(path.read_text(), path.name) for path in FILES]
    assert len(both) == 2
    assert set(PAGE[kind].split()) <= set().union(*(used(each, kind) for each in both))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_they_name_beyond_the_page_is_known_as_well(path):
    definition = read(path.read_text(), path.name)
    assert used(definition, "functions") <= set(vocabulary.APP_VERSION.functions)
    reserved = {name for name in used(definition, "reserved") if name.startswith(("@", "reserved-"))}
    assert reserved <= {*vocabulary.APP_VERSION.reserved, *vocabulary.APP_VERSION.initial}


@pytest.fixture
def shipped(new_world: Callable[..., Live], provider: Provider) -> Iterator[Portal]:
    """A portal with the fixture that ships, and a provider to register clients at."""
    endpoint = provider.server.url_for("/register")
    settings = {"akana": {"registration_endpoint": endpoint}}
    portal = Portal(new_world(clock={"mode": "frozen"}, fixtures=["akana/business"], settings=settings))
    yield portal
    portal.world.settle()
    portal.close()


def act(portal: Portal, action: str, by: str, app: str) -> str | None:
    """Do an action of the workflow; answers the step it leads to."""
    step: str | None = portal.act("perform_action", app_version=app, action=action, by=by)["step"]
    return step


def test_a_client_lives_and_goes_with_its_version(shipped: Portal, provider: Provider):
    version = shipped.act("view_workflow", app_version="Checkout")["id"]
    url = f"/api/apps/versions/{version}"
    shipped["nina"].do("PUT", f"{url}/oauthprofile", {"RedirectURIs": ["https://checkout.test/cb"]})
    shipped.world.settle()
    shipped["nina"].do("PUT", f"{url}/secret")
    shipped.world.settle()
    shipped["nina"].do("DELETE", url)
    shipped["petra"].do("PUT", f"{url}/oauthprofile", {"RedirectURIs": []})
    shipped.world.settle()
    assert act(shipped, "com.soa.appversion.delete.approve", "petra", "Checkout") is None
    shipped.world.settle()
    assert [method for method, _ in provider.calls] == ["POST", "PUT", "PUT", "DELETE"]
    assert len(shipped.world.documents("akana.board_items")) == 2, "an edit while it is marked marks nothing anew"


def test_a_review_may_end_in_several_ways(shipped: Portal):
    def connect(api: str) -> None:
        shipped.act("request_connection", app_version="Storefront", api_version=api, by="sven")

    def production() -> list[dict[str, str]]:
        found: list[dict[str, str]] = shipped.act("view_contracts", app_version="Storefront")["Production"]
        return found

    connect("Payments")
    connect("Rates")
    assert act(shipped, "appversion.action.submit.review", "sven", "Storefront") == "Review"
    assert act(shipped, "appversion.action.reject", "tess", "Storefront") == "Sandbox"
    assert production() == []
    assert act(shipped, "appversion.action.submit.review", "sven", "Storefront") == "Review"
    for n, contract in enumerate(production()):
        shipped.act("act_on_contract", contract=contract["id"], action="approve", by=("quinn", "tess")[n])
        assert shipped.step("Storefront") == ("Review", "Approved")[n], "the last approval leads on"
    assert act(shipped, "appversion.action.switch.over", "rosa", "Storefront") == "Approved"
    assert act(shipped, "appversion.action.withdraw", "tess", "Storefront") == "Setup"
    assert production() == []


def test_what_approves_itself_needs_no_review(shipped: Portal):
    shipped.act("create_api", name="Weather", admins=["quinn"], auto_approve=["Sandbox", "Production"])
    shipped.act("request_connection", app_version="Storefront", api_version="Weather", by="rosa")
    assert act(shipped, "appversion.action.submit.review", "sven", "Storefront") == "Approved"


def test_a_business_admin_may_edit_in_every_step_and_the_team_while_it_works(shipped: Portal):
    version = shipped.act("view_workflow", app_version="Storefront")["id"]

    def edits(who: str) -> int:
        url = f"/api/apps/versions/{version}"
        return int(shipped[who].send("PUT", url, json={"Description": f"by {who}"}).status_code)

    assert (edits("rosa"), edits("tess"), edits("quinn")) == (200, 200, 403)
    shipped.act("request_connection", app_version="Storefront", api_version="Payments", by="rosa")
    assert (edits("rosa"), edits("tess")) == (200, 200)
    act(shipped, "appversion.action.submit.review", "sven", "Storefront")
    assert (edits("rosa"), edits("tess")) == (403, 200)
