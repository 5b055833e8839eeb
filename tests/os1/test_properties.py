"""Whatever people do in whatever order: no gate is got around, and nothing that was said is taken back."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from mockserver.errors import MockserverError
from mockserver.platforms.os1 import fixtures
from mockserver.platforms.os1.callers import Caller
from mockserver.platforms.os1.directory import version_with
from mockserver.platforms.os1.lifecycle import give_command
from mockserver.platforms.os1.manifest import read_app_file
from mockserver.platforms.os1.models import APP_VERSIONS, APPS, ARTIFACTS, TENANTS, USERS
from mockserver.platforms.os1.models_aaa import HOLDINGS
from mockserver.platforms.os1.models_onboarding import (
    ONBOARDINGS,
    PROGRESS,
    STEPS,
    SUBSCRIPTIONS,
    Api,
    Onboarding,
    Step,
)
from mockserver.platforms.os1.onboarding import Order, accept, stack_tenants
from mockserver.platforms.os1.platform import OS1
from mockserver.platforms.os1.transitions import APP_TRANSITIONS, SOLUTION_TRANSITIONS
from mockserver.wire import Rejected
from mockserver.world.world import Schema, World
from mockserver.world.worlds import ClockSpec, Worlds
from tests.os1.helpers import CONTAINERS, CONTAINERS_NEXT, GATES, LANEMAP, LOCATIONS, YARD, YARD_NEXT

pytestmark = pytest.mark.timeout(300)

QUICKSTART = fixtures.read(
    (Path(__file__).parents[2] / "fixtures/os1/quickstart.yaml").read_text(encoding="utf-8"), "quickstart.yaml"
)
SCHEMA = Schema.of(kinds=OS1.kinds, actions=OS1.actions, settings={"os1": OS1.settings})  # type: ignore[dict-item]

VERSIONS = (CONTAINERS, CONTAINERS_NEXT, GATES, LOCATIONS, LANEMAP, YARD, YARD_NEXT)
COMMANDS = tuple(dict.fromkeys(each.command for each in (*APP_TRANSITIONS, *SOLUTION_TRANSITIONS)))
USERS_ = ("@asha", "@dev", "@omar", "@pia", "@lars", "@lea", "@paul")
TENANTS_ = ("yarddev", "lanedev", "staging", "acme", "globex", "pilot")
RANK = {"initialising": 0, "subscribing": 1, "undoing": 1, "over": 2}


def new_worlds(**options: object) -> Worlds:
    """Worlds without a server, of which `alpha` has OS1's fixture and these settings of its section."""
    worlds = Worlds(
        SCHEMA,
        wall=time.time,
        fixture=lambda name: QUICKSTART,
        clock=ClockSpec("frozen"),
        fixtures=("os1/quickstart",),
        settings={"os1": options},
    )
    worlds.create("alpha")
    return worlds


def new_world(**options: object) -> World:
    return new_worlds(**options).find("alpha")


class OnboardingLife(RuleBasedStateMachine):
    """People give commands, onboard, break things and let time pass; the invariants look after every step."""

    @initialize(undo=st.booleans())
    def begin(self, undo: bool) -> None:
        self.world = new_world(on_tenant_failure="undo" if undo else "keep")
        self.seen: dict[str, int] = {}
        self.made = 0

    def caller(self, handle: str) -> Caller:
        user = self.world[USERS].first("handle", handle)
        assert user is not None
        return Caller(user)

    @rule(user=st.sampled_from(USERS_), version=st.sampled_from(VERSIONS), command=st.sampled_from(COMMANDS))
    def give_a_command(self, user: str, version: str, command: str) -> None:
        try:
            with self.world.transaction():
                found = version_with(self.world, version)
                assert found is not None
                give_command(self.world, self.caller(user), found, command)
        except Rejected:
            pass

    @rule(version=st.sampled_from((CONTAINERS_NEXT, GATES, LANEMAP, YARD_NEXT)))
    def give_the_next_command(self, version: str) -> None:
        """By whoever may, so that random commands do not stay at the beginning."""
        found = version_with(self.world, version)
        assert found is not None
        table = SOLUTION_TRANSITIONS if version == YARD_NEXT else APP_TRANSITIONS
        step = next((each for each in table if each.state == found.state), None)
        by = {"developer-admin": "@lars" if version == LANEMAP else "@asha", "developer": "@asha"}
        if step is not None:
            user = by.get(step.roles[0]) or {"organization-owner": "@omar", "product-admin": "@paul"}[step.roles[0]]
            self.give_a_command(user, version, step.command)

    @rule(
        user=st.sampled_from(USERS_),
        version=st.sampled_from(VERSIONS),
        where=st.one_of(st.sampled_from(("sandbox", "shared")), st.sets(st.sampled_from(TENANTS_), min_size=1)),
        api=st.sampled_from(("v2", "v2", "v1")),
        overwrite=st.booleans(),
    )
    def onboard(self, user: str, version: str, where: str | set[str], api: Api, overwrite: bool) -> None:
        before = self.world[HOLDINGS].dump(), self.world[SUBSCRIPTIONS].dump()
        found = version_with(self.world, version)
        assert found is not None
        tenants = (
            stack_tenants(self.world, where)
            if isinstance(where, str)
            else [self.world[TENANTS][each] for each in sorted(where)]
        )
        order = Order(
            version=found,
            tenants=tenants,
            stack=where if isinstance(where, str) else None,
            api=api,
            overwrite=overwrite,
        )
        try:
            with self.world.transaction():
                accept(self.world, self.caller(user), order, lambda field, reason: None)
        except Rejected:
            pass
        assert (self.world[HOLDINGS].dump(), self.world[SUBSCRIPTIONS].dump()) == before

    @rule(version=st.sampled_from(VERSIONS), stack=st.sampled_from(("sandbox", "shared")))
    def onboard_as_product_admin(self, version: str, stack: str) -> None:
        """By whom role and ownership never stop, so that the state gate alone decides."""
        self.onboard("@paul", version, stack, "v2", overwrite=False)
        self.let_time_pass(30)

    @rule(steps=st.integers(1, 12))
    def let_time_pass(self, steps: int) -> None:
        for _ in range(steps):
            timer = self.world.timers.next()
            if timer is None:
                return
            with self.world.transaction():
                self.world.clock.move_to(max(timer.due, self.world.clock.now()))
            self.world.fire(timer)

    @rule(tenant=st.sampled_from(TENANTS_))
    def break_a_step(self, tenant: str) -> None:
        self.world.act("os1.fail_step", {"tenant": tenant})

    @rule(tenant=st.sampled_from(TENANTS_), down=st.booleans())
    def take_a_tenant_down(self, tenant: str, down: bool) -> None:
        self.world.act("os1.set_tenant_down", {"tenant": tenant, "down": down})

    @rule(tenant=st.sampled_from(TENANTS_), listing=st.sampled_from(("containers", "gates", "locations", "yard")))
    def subscribe(self, tenant: str, listing: str) -> None:
        with suppress(MockserverError):
            self.world.act("os1.subscribe", {"tenant": tenant, "listing": listing})

    @rule(stack=st.sampled_from(("sandbox", "shared")))
    def a_tenant_joins(self, stack: str) -> None:
        self.made += 1
        self.world.act("os1.create_tenant", {"id": f"late{self.made}", "stack": stack})

    @rule()
    def retry(self) -> None:
        with suppress(MockserverError):
            self.world.act("os1.retry_onboarding")

    @rule(n=st.integers(0, 3))
    def change_a_permission_file(self, n: int) -> None:
        resource = {"name": "ab" + "c" * n, "resourcePath": "/", "allowedHttpMethods": ["get"], "description": "AA"}
        content = json.dumps({"appId": "containers", "resources": [resource]})
        with self.world.transaction():
            artifact = next(each for each in self.world[ARTIFACTS] if each.version == CONTAINERS)
            _, file = read_app_file(self.world, content.encode(), "file")
            self.world[ARTIFACTS].change(artifact.id, permissions=file)

    def last_step(self, tenant: str, app: str) -> tuple[Step, Onboarding] | None:
        """The newest step that gave a tenant what it holds of an app, unless the fixture did."""
        steps = [
            each
            for each in self.world[STEPS]
            if (each.tenant, each.app) == (tenant, app)
            and each.completed is not None
            and not self.world[PROGRESS][each.onboarding].undone
        ]
        return (steps[-1], self.world[ONBOARDINGS][steps[-1].onboarding]) if steps else None

    @invariant()
    def no_production_tenant_holds_what_its_gates_refuse(self) -> None:
        for holding in self.world[HOLDINGS]:
            app = self.world[APPS].first("urn", holding.app)
            assert app is not None
            assert holding.version is not None
            given = self.last_step(holding.tenant, app.id)
            production = self.world[TENANTS][holding.tenant].type == "production"
            if given is not None and given[1].gated and (production or given[1].overwrite):
                assert self.world[APP_VERSIONS][holding.version].state in ("LIVE", "DEPRECIATED")

    @invariant()
    def subscriptions_point_at_versions_that_were_onboarded(self) -> None:
        completed = {
            (each.tenant, each.app_version)
            for each in self.world[STEPS]
            if each.completed is not None and not self.world[PROGRESS][each.onboarding].undone
        }
        completed.add(("acme", LOCATIONS))
        for each in self.world[SUBSCRIPTIONS]:
            version = version_with(self.world, each.version)
            assert version is not None
            versions = getattr(version, "app_versions", (each.version,))
            assert {(each.tenant, app_version) for app_version in versions} <= completed

    @invariant()
    def no_status_goes_back(self) -> None:
        for progress in self.world[PROGRESS]:
            rank = RANK[progress.phase] * 1_000_000 + (progress.completed + progress.failed) * 100
            assert rank >= self.seen.get(progress.id, 0)
            self.seen[progress.id] = rank
        for step in self.world[STEPS]:
            rank = 1 + (step.completed is not None) + (step.failure is not None)
            assert rank >= self.seen.get(step.id, 0)
            assert rank <= 2
            self.seen[step.id] = rank


OnboardingLife.TestCase.settings = settings(max_examples=25, stateful_step_count=30)
test_whatever_people_do = OnboardingLife.TestCase
