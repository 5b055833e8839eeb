from __future__ import annotations

from typing import Any

import pytest

from mockserver import pages
from mockserver.pages.words import character_name
from tests.pages.contexts import BARE, CONSENT, HOME, MANY_USERS, MESSAGE, PROGRESS, SIGNIN, SIGNIN_PROBLEM
from tests.pages.reading import Element, read


def rendered(template: str, context: dict[str, Any]) -> Element:
    return read(pages.render(template, **context))


def hidden_fields(form: Element) -> list[tuple[str, str]]:
    inputs = [each.attributes for each in form.all("input")]
    return [(each["name"], each["value"]) for each in inputs if each.get("type") == "hidden"]


def test_everybody_has_a_form_with_one_button_that_says_who_they_are() -> None:
    *people, _ = rendered("signin.html", SIGNIN).all("form")

    assert [(form.one("button").attributes["name"], form.one("button").attributes["value"]) for form in people] == [
        ("user", "@ada"),
        ("user", "@charles"),
        ("user", "@grace"),
    ]
    assert people[0].one("button").text() == (
        "A Continue as Ada Lovelace @ada · App owner · ada@example.com, Analytical Engines"
    )


def test_every_sign_in_form_posts_to_the_action_and_carries_the_fields_on() -> None:
    for form in rendered("signin.html", SIGNIN).all("form"):
        assert (form.attributes["method"], form.attributes["action"]) == ("post", "/oauth/signin")
        assert hidden_fields(form) == SIGNIN["fields"]


def test_people_are_grouped_by_organization_in_the_order_given() -> None:
    page = rendered("signin.html", SIGNIN)

    assert [heading.text() for heading in page.all("h3")] == ["Analytical Engines", "Quick ATO Systems"]
    assert [len(list(group.all("li"))) for group in page.classed("people")] == [2, 1]


def test_organizations_whose_names_differ_in_case_only_stay_apart() -> None:
    one, other = dict(SIGNIN["users"][0], organization="LOOM"), dict(SIGNIN["users"][1], organization="Loom")

    page = rendered("signin.html", SIGNIN | {"users": [one, other]})

    assert [heading.text() for heading in page.all("h3")] == ["LOOM", "Loom"]
    assert [len(list(group.all("li"))) for group in page.classed("people")] == [1, 1]


def test_many_people_fold_into_organizations_of_which_the_likely_ones_are_open() -> None:
    page = rendered("signin.html", MANY_USERS)
    groups = list(page.all("details"))

    assert [group.one("summary").one("h3").text() for group in groups] == [f"Organization {n}" for n in range(3)]
    assert ["open" in group.attributes for group in groups] == [True, False, True]
    assert [link.attributes["href"] for link in page.one("main").all("a")] == ["#by-handle"]


def test_a_handle_completes_from_those_that_exist() -> None:
    options = rendered("signin.html", SIGNIN).one("datalist").all("option")

    assert [option.attributes["value"] for option in options] == ["@ada", "@charles", "@grace"]


def test_the_password_form_signs_in_on_enter_and_cancels_without_being_filled() -> None:
    *_, form = rendered("signin.html", SIGNIN).all("form")
    sign_in, cancel = form.all("button")
    inputs = {each.attributes["name"]: each.attributes for each in form.all("input") if "id" in each.attributes}

    assert list(inputs) == ["handle", "password"]
    assert all("required" in attributes for attributes in inputs.values())
    assert inputs["handle"]["value"] == "@ada"
    assert "value" not in inputs["password"]
    assert (sign_in.text(), sign_in.attributes) == ("Sign in", {"class": "primary"})
    assert (cancel.text(), cancel.attributes) == (
        "Cancel",
        {"name": "decision", "value": "cancel", "formnovalidate": ""},
    )


def test_an_error_is_announced_and_tied_to_both_inputs() -> None:
    page = rendered("signin.html", SIGNIN)
    (alert,) = (each for each in page.all() if each.attributes.get("role") == "alert")

    assert alert.text() == f"Error {SIGNIN['error']}"
    assert page.one("title").text().startswith("Error: ")
    for control in page.all("input"):
        if control.attributes.get("type") != "hidden":
            assert control.attributes["aria-invalid"] == "true"
            assert "signin-error" in control.attributes["aria-describedby"].split()


def test_without_an_error_nothing_is_announced() -> None:
    page = rendered("signin.html", BARE["signin.html"])

    assert not [each for each in page.all() if "role" in each.attributes or "aria-invalid" in each.attributes]
    assert page.one("title").text() == "Sign in to Quick ATO - MOTAR emulator"


def test_a_handoff_names_app_package_and_company() -> None:
    (handoff,) = rendered("signin.html", SIGNIN).classed("handoff")

    assert [each.text() for each in handoff.all("strong")] == ["Loom", "Loom ATO Package", "Analytical Engines"]
    assert rendered("signin.html", BARE["signin.html"]).classed("handoff") == []


def test_consent_offers_allow_cancel_and_another_account() -> None:
    page = rendered("consent.html", CONSENT)
    form = page.one("form")

    assert [(each.text(), each.attributes["name"], each.attributes["value"]) for each in form.all("button")] == [
        ("Allow", "decision", "allow"),
        ("Cancel", "decision", "cancel"),
    ]
    assert (form.attributes["action"], hidden_fields(form)) == ("/oauth/consent", [("state", "abc")])
    assert page.one("main").one("a").attributes["href"] == CONSENT["back"]
    assert [each.text() for each in page.classed("asks")[0].all("li")] == CONSENT["asks"]


def test_consent_without_asks_says_so() -> None:
    assert "No particular permission." in rendered("consent.html", BARE["consent.html"]).text()


@pytest.mark.parametrize(
    ("common", "sent_rest", "uri_rest", "marked", "at", "sent_tells", "uri_tells"),
    [
        ("http://a/cb", "/", "", ["/", ""], 12, "has / (slash)", "has ended"),
        ("http://a/cb", "", "?x", ["", "?"], 12, "has ended", "has ? (question mark)"),
        ("http", "://a/", "s://a/", [":", "s"], 5, "has : (colon)", "has s (small s)"),
        ("http://a/", "Cb", "cb", ["C", "c"], 10, "has C (capital C)", "has c (small c)"),
        ("http://a:", "5000", "8000", ["5", "8"], 10, "has 5 (digit 5)", "has 8 (digit 8)"),
        ("http://a/", "<b>", "&", ["<", "&"], 10, "has < (less-than sign)", "has & (ampersand)"),
        ("", "\u00a0http", "http", ["\u00a0", "h"], 1, "has a no-break space", "has h (small h)"),
    ],
)
def test_exactly_the_first_differing_character_is_marked(
    common: str, sent_rest: str, uri_rest: str, marked: list[str], at: int, sent_tells: str, uri_tells: str
) -> None:
    candidate = {"uri": common + uri_rest, "common": common, "sent_rest": sent_rest, "uri_rest": uri_rest, "note": ""}
    mismatch = {"sent": common + sent_rest, "candidates": [candidate]}
    page = rendered("signin_problem.html", SIGNIN_PROBLEM | {"mismatch": mismatch})
    (comparison,) = page.classed("comparison")
    marks = list(comparison.all("mark"))

    assert [each.children[-1] if len(each.children) > 1 else "" for each in marks] == marked
    assert [each.classed("unseen")[0].text() for each in marks] == [
        f"first difference: {character_name(rest)}" for rest in (sent_rest, uri_rest)
    ]
    assert [each.text() for each in comparison.classed("shared")] == [common, common]
    assert comparison.one("p").text() == (
        f"At character {at} the sent URI {sent_tells} and the registered one {uri_tells}."
    )


def test_a_compared_uri_is_whole_when_what_is_only_read_aloud_is_left_out() -> None:
    page = rendered("signin_problem.html", SIGNIN_PROBLEM)

    assert [each.text(without="unseen") for each in page.classed("uri")] == [
        uri
        for candidate in SIGNIN_PROBLEM["mismatch"]["candidates"]
        for uri in (SIGNIN_PROBLEM["mismatch"]["sent"], candidate["uri"])
    ]


def test_uris_that_do_not_differ_have_no_mark() -> None:
    same = {"uri": "http://a/", "common": "http://a/", "sent_rest": "", "uri_rest": "", "note": "Of another app."}
    page = rendered("signin_problem.html", SIGNIN_PROBLEM | {"mismatch": {"sent": "http://a/", "candidates": [same]}})

    assert list(page.all("mark")) == []
    assert page.classed("comparison")[0].one("p").text() == "Of another app."


def test_a_redirect_uri_with_nothing_to_compare_to_is_still_shown() -> None:
    mismatch = {"sent": "http://localhost:5000/", "candidates": []}
    page = rendered("signin_problem.html", SIGNIN_PROBLEM | {"mismatch": mismatch})

    assert "sent http://localhost:5000/, and no redirect URI is registered" in page.text()


def test_a_sign_in_problem_shows_status_code_and_facts() -> None:
    page = rendered("signin_problem.html", SIGNIN_PROBLEM)

    assert page.one("h1").text() == "400 · error 4003 This redirect URI is not registered"
    assert [(row.one("dt").text(), row.one("dd").text()) for row in page.classed("facts")[0].all("div")] == (
        SIGNIN_PROBLEM["facts"]
    )


@pytest.mark.parametrize("status", ["not-started", "in-progress", "action-required", "under-review", "completed"])
def test_the_current_status_is_the_one_current_step(status: str) -> None:
    steps = list(rendered("progress.html", PROGRESS | {"status": status}).classed("steps")[0].all("li"))
    current = [step for step in steps if step.attributes.get("aria-current") == "step"]

    assert len(steps) == 5
    assert [step.text() for step in current] == [f"{status.replace('-', ' ').capitalize()} (current status)"]


def test_types_of_alert_differ_in_word_and_shape() -> None:
    alerts = rendered("progress.html", PROGRESS).classed("notice")
    shapes = [[(part.tag, tuple(part.attributes.items())) for part in alert.one("svg").all()] for alert in alerts]

    assert [alert.classed("kind")[0].text() for alert in alerts] == ["Info", "Success", "Warning", "Error"]
    assert all(shapes.count(shape) == 1 for shape in shapes)
    assert [alert.attributes["class"] for alert in alerts] == [f"notice {each['type']}" for each in PROGRESS["alerts"]]
    assert "TCK-warning" in alerts[2].text()


def test_no_alerts_and_no_distributions_are_said_in_words() -> None:
    empty = rendered("progress.html", BARE["progress.html"]).classed("empty")

    assert [each.text().split(".")[0] for each in empty] == ["No alerts", "No distributions yet"]


def test_a_distribution_shows_name_version_package_and_id() -> None:
    (rows,) = rendered("progress.html", PROGRESS).classed("rows")

    assert rows.text() == "Loom for Quest 2.4.0 Package com.example.loom ID 68a1"


def test_a_request_can_be_continued_until_it_is_cancelled() -> None:
    going, cancelled = rendered("progress.html", PROGRESS), rendered("progress.html", PROGRESS | {"cancelled": True})

    (link,) = going.classed("button")
    assert (link.text(), link.attributes["href"]) == ("Continue in the plugin", PROGRESS["hand_off_url"])
    assert cancelled.classed("button") == []
    assert cancelled.classed("notice")[0].text().startswith("Cancelled This request was cancelled.")


@pytest.mark.parametrize(("complete", "word"), [(True, "true"), (False, "false")])
def test_complete_is_shown_as_it_went_over_the_wire(complete: bool, word: str) -> None:
    page = rendered("progress.html", PROGRESS | {"complete": complete})
    facts = {row.one("dt").text(): row.one("dd").text() for row in page.classed("facts")[0].all("div")}

    assert facts == {
        "requestId": PROGRESS["request_id"],
        "status": "action-required",
        "complete": word,
        "cancellable": "true",
    }
    assert ("It has marked the request as complete." in page.text()) is complete


def test_keys_and_passwords_on_the_home_page_are_selected_as_a_whole() -> None:
    whole = [each.text() for each in rendered("home.html", HOME).classed("whole")]

    assert {"iok-cid-9f2c", "iok-cse-0b7e", "http://localhost:5000/callback", "@ada", "ada-password"} <= set(whole)


def test_next_steps_show_a_command_or_a_link_where_there_is_one() -> None:
    first, second = rendered("home.html", HOME).classed("next")[0].all("li")

    assert ([each.text() for each in first.all("pre")], list(first.all("a"))) == (["mockserver trigger x"], [])
    assert list(second.all("pre")) == []
    assert second.one("a").attributes["href"] == "/oauth/signin"


def test_the_home_page_lists_worlds_requests_and_links() -> None:
    page = rendered("home.html", HOME)
    people, worlds = page.all("tbody")

    assert [cell.text() for cell in people.all("th", "td")] == [
        "Ada Lovelace",
        "@ada",
        "ada-password",
        "Analytical Engines",
        "App owner",
    ]
    assert [cell.text() for cell in worlds.all("th", "td")] == [
        "defaulthttp://localhost:8000",
        "live2025-03-01T09:12:00.000Z",
        "0",
        "128",
        "4",
    ]
    assert page.classed("rows")[0].text() == "Loom ATO Package Under review"
    assert page.one("nav").one("a").text() == "Journal"


def test_a_home_page_with_nothing_on_it_says_what_is_missing() -> None:
    page = rendered("home.html", BARE["home.html"])

    assert [each.text().split(".")[0] for each in page.classed("empty")] == [
        "No plugin in this world yet",
        "Nothing left to set up",
        "No ATO request has been started",
        "No world is open",
    ]
    assert list(page.all("nav", "table")) == []


def test_a_plugin_without_redirect_uris_is_told_so() -> None:
    page = rendered("home.html", HOME | {"quickstart": HOME["quickstart"] | {"redirect_uris": []}})

    assert "None registered, so nobody can sign in to this plugin." in page.text()


def test_a_message_shows_status_text_and_hints() -> None:
    main = rendered("message.html", MESSAGE).one("main")

    assert main.text() == (
        "404 There is no page here Nothing is served at /oauth/singin. What you can do Did you mean /oauth/signin? "
        "The emulator's own page"
    )


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("", "the end"),
        ("/path", "slash"),
        ("A", "capital A"),
        ("a", "small a"),
        ("7", "digit 7"),
        (" ", "space"),
        ("-", "hyphen"),
        ("\u2013", "en dash"),
        ("\u0430", "cyrillic small letter a"),
        ("\x00", "u+0000"),
    ],
)
def test_characters_that_look_alike_have_different_names(text: str, name: str) -> None:
    assert character_name(text) == name
