from __future__ import annotations

from tests.os1.helpers import CONTAINERS, NEW, YARD, Os1, refused


def test_onboarding_an_app_gives_its_tenant_the_permissions(os1: Os1):
    assert not os1.may("yarddev", "container-reader", "get", "/core/api/v1/containers")

    answer = os1.onboard("@dev", CONTAINERS, tenantIds=["yarddev"])

    assert answer.status_code == 200, answer.text
    status = os1.status(answer.json()["data"])
    assert (status["status"], [each["status"] for each in status["logs"]]) == ("started", ["started"])
    os1.advance("5s")
    status = os1.status(answer.json()["data"])
    assert (status["status"], [each["status"] for each in status["logs"]]) == ("completed", ["completed"])
    assert os1.may("yarddev", "container-reader", "get", "/core/api/v1/containers/4711")
    assert not os1.may("yarddev", "container-reader", "put", "/core/api/v1/containers/4711")


def test_a_solution_goes_to_a_production_stack(os1: Os1):
    answer = os1.onboard("@asha", YARD, stackId="shared")
    assert answer.status_code == 202, answer.text
    os1.advance()
    status = os1.status(answer.json()["data"])
    assert status["tenants"] == {"total": 3, "completed": 3, "failed": 0}
    assert [each["listingId"] for each in status["initSequence"]] == ["locations", "containers"]


def test_no_token_no_answer(os1: Os1):
    refused(os1.call(None, "POST", NEW, json={}), 401, "x-developerplatform-access")
