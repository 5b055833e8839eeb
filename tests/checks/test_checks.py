"""Each check, on a good plugin and on one that is broken in just the way it looks for; on real ports."""

from __future__ import annotations

import pytest

from mockserver.checks import CHECKS, Bench, CannotCheckError, chosen, perform
from mockserver.errors import Unknown
from tests.checks.variants import VARIANTS, Back, NumbersItsAlerts, Variant, impatient, shows_a_page_to_users

SLOW = "trouble/timeout"
"""It lasts as long as the plugin waits for an answer."""
QUICK = chosen(skip=[SLOW])


def test_the_reference_plugin_passes(bench_of):
    with bench_of() as bench:
        results = list(perform(QUICK, bench))
    assert [(result.check.id, result.outcome, result.message) for result in results if result.outcome != "passed"] == []
    assert all(result.exchanges for result in results)


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.fails)
def test_a_broken_plugin_fails_the_check_that_is_meant_for_it_and_no_other(bench_of, variant: Variant):
    with bench_of(variant) as bench:
        results = list(perform(QUICK, bench))
    failed = [result for result in results if result.outcome == "failed"]
    assert [result.check.id for result in failed] == [variant.fails], [result.message for result in failed]
    assert failed[0].message
    assert failed[0].exchanges


@pytest.mark.parametrize(("back", "outcome"), [(Back, "passed"), (NumbersItsAlerts, "failed")])
def test_what_timed_out_may_be_told_again_only_so_that_it_is_known_again(bench_of, back, outcome):
    with bench_of(Variant(SLOW, back=impatient(back))) as bench:
        [result] = perform(chosen(only=[SLOW]), bench)
    assert (result.outcome, result.exchanges[0].status) == (outcome, None), result.message


def test_every_check_has_a_plugin_that_fails_it():
    assert [variant.fails for variant in VARIANTS] == [check.id for check in QUICK]


def test_a_plugin_that_only_takes_webhooks_fails_what_it_should_do_and_the_rest_says_what_stands_in_front(bench_of):
    with bench_of(Variant("", front=lambda: shows_a_page_to_users)) as bench:
        results = {result.check.id: result for result in perform(CHECKS, bench)}
    assert [id for id, result in results.items() if result.outcome == "failed"] == ["code/redeemed-once"]
    told = {id: result.message for id, result in results.items() if result.outcome == "not applicable"}
    assert told["code/redirect-uri"] == "The plugin exchanges no code: see code/redeemed-once."
    assert told["trouble/status-fails"] == "The plugin made no call to /plugin/v1/ato/status when a user arrived."
    assert "see code/redeemed-once" in told["whole/completed"]


def test_without_a_distribution_endpoint_nothing_is_said_about_distributions(bench_of):
    with bench_of(distributions=False) as bench:
        checks = chosen(only=["webhook/no-credentials", "webhook/unknown-fields", "distributions/current-state"])
        results = list(perform(checks, bench))
    assert [result.outcome for result in results] == ["passed", "passed", "not applicable"]
    assert results[-1].message == "The plugin has no distribution endpoint."


@pytest.mark.parametrize(("claims_origin", "outcome"), [(False, "not applicable"), (True, "failed")])
def test_a_plugin_that_takes_any_origin_fails_only_where_it_is_said_to_verify_it(bench_of, claims_origin, outcome):
    with bench_of(verify_origin=None, claims_origin=claims_origin) as bench:
        [result] = perform(chosen(only=["webhook/forged-origin"]), bench)
    assert result.outcome == outcome


def test_nothing_can_be_checked_where_no_plugin_answers(server):
    bench = Bench(server, server.create_world().name, {"request_endpoint": "http://127.0.0.1:9/hook"}, seed=1)
    with pytest.raises(CannotCheckError, match=r"No plugin answers at http://127\.0\.0\.1:9/hook"):
        list(perform(CHECKS, bench))


def test_checks_are_chosen_by_their_ids_in_their_own_order():
    assert [check.id for check in chosen(only=["whole/completed", "webhook/repeated"])] == [
        "webhook/repeated",
        "whole/completed",
    ]
    assert len(chosen(skip=["whole/completed"])) == len(CHECKS) - 1
    with pytest.raises(Unknown, match="webhook/repeated"):
        chosen(skip=["webhook/repeat"])


def test_every_check_says_what_a_good_plugin_does_how_sure_that_is_and_where_it_stands():
    assert len({check.id for check in CHECKS}) == len(CHECKS)
    for check in CHECKS:
        assert check.good.endswith("."), check.id
        assert check.source.startswith("https://"), check.id


def test_a_step_that_the_emulator_refuses_is_no_fault_of_the_plugin(bench_of):
    with bench_of() as bench, pytest.raises(CannotCheckError, match=r"Do motar\.add_distribution was refused"):
        bench.perform({"action": "motar.add_distribution", "with": {"distribution": "9.9.9"}})
