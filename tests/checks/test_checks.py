"""Each check, on a good plugin and on one that is broken in just the way it looks for; on real ports."""

from __future__ import annotations

import pytest

from mockserver.checks import CHECKS, perform
from tests.checks.variants import VARIANTS, Variant


def test_the_reference_plugin_passes(bench_of):
    with bench_of() as bench:
        results = list(perform(CHECKS, bench))
    assert [(result.check.id, result.message) for result in results if result.outcome == "failed"] == []
    assert [result.check.id for result in results if result.outcome == "not applicable"] == [
        "trouble/timeout",
        "trouble/reset",
    ]
    assert all(result.exchanges for result in results if result.outcome == "passed")


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.fails)
def test_a_broken_plugin_fails_the_check_that_is_meant_for_it_and_no_other(bench_of, variant: Variant):
    with bench_of(variant) as bench:
        results = list(perform(CHECKS, bench))
    failed = [result for result in results if result.outcome == "failed"]
    assert [result.check.id for result in failed] == [variant.fails], [result.message for result in failed]
    assert failed[0].message
    assert failed[0].exchanges
