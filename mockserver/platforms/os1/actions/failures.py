"""What goes wrong with onboardings, on purpose: failing steps, slow tenants, tenants that are down; and again."""

from __future__ import annotations

from typing import Annotated

import msgspec

from mockserver.platforms.os1 import makers
from mockserver.platforms.os1.actions.arguments import Arguments
from mockserver.platforms.os1.again import retry
from mockserver.platforms.os1.models import APP_CLIENTS, TENANTS, Tenant, TenantType
from mockserver.platforms.os1.models_aaa import CORE_TOKENS
from mockserver.platforms.os1.models_onboarding import STEP_FAULTS, StepFault
from mockserver.platforms.os1.portal import find_app, find_onboarding, find_tenant
from mockserver.platforms.os1.results import NewSecret, OnboardingStatus, RetriedOnboarding
from mockserver.platforms.os1.status import describe
from mockserver.world.actions import action
from mockserver.world.durations import parse_duration
from mockserver.world.settings import Duration
from mockserver.world.world import World


class FailStep(Arguments, frozen=True):
    tenant: str | None = None
    nth: Annotated[int, msgspec.Meta(ge=1)] | None = None
    app: str | None = None
    reason: str = "AAA did not take the permissions."
    times: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 1


@action("os1.fail_step")
def fail_step(world: World, args: FailStep) -> StepFault:
    """Have the next init step fail: in a tenant, or at the nth tenant of an onboarding, of an app or any; so often."""
    return world[STEP_FAULTS].insert(
        StepFault(
            id=makers.uuid(world, "step_fault"),
            reason=args.reason,
            tenant=find_tenant(world, args.tenant).id if args.tenant is not None else None,
            nth=args.nth,
            app=find_app(world, args.app).id if args.app is not None else None,
            times=args.times,
        )
    )


class SlowTenant(Arguments, frozen=True):
    tenant: str | None = None
    delay: Duration = "1m"


@action("os1.slow_tenant")
def slow_tenant(world: World, args: SlowTenant) -> Tenant:
    """Make each step in a tenant take longer; a delay of 0 makes it as quick as the others."""
    tenant = find_tenant(world, args.tenant)
    return world[TENANTS].change(tenant.id, delay=parse_duration(args.delay).total_seconds())


class SetTenantDown(Arguments, frozen=True):
    tenant: str | None = None
    down: bool = True


@action("os1.set_tenant_down")
def set_tenant_down(world: World, args: SetTenantDown) -> Tenant:
    """Take a tenant down, so that steps and uploads in it fail, or (down=false) up again."""
    return world[TENANTS].change(find_tenant(world, args.tenant).id, down=args.down)


class RotateCredentials(Arguments, frozen=True):
    app: str | None = None
    environment: TenantType = "development"


@action("os1.rotate_credentials")
def rotate_credentials(world: World, args: RotateCredentials) -> NewSecret:
    """Give an app another secret; the old one, and tokens that were issued for it, stop working at once."""
    app = find_app(world, args.app)
    client = world[APP_CLIENTS][f"{app.id}/{args.environment}"]
    changed = world[APP_CLIENTS].change(client.id, secret=world.mint.hex(48, "os1.client_secret"))
    tokens = world[CORE_TOKENS].find("client", client.id)
    for each in tokens:
        world[CORE_TOKENS].delete(each.token)
    return {
        "app": app.listing,
        "environment": args.environment,
        "client_id": changed.client_key,
        "client_secret": changed.secret,
        "ended_tokens": len(tokens),
    }


class RetryOnboarding(Arguments, frozen=True):
    onboarding: str | None = None
    tenant: str | None = None


@action("os1.retry_onboarding")
def retry_onboarding(world: World, args: RetryOnboarding) -> RetriedOnboarding:
    """Onboard the tenants that failed again, or one of them; the answer names the new onboarding."""
    original = find_onboarding(world, args.onboarding)
    again = retry(world, original, args.tenant)
    return {"status_id": again.id, "follows": original.id, "tenants": list(again.tenants)}


class ViewOnboarding(Arguments, frozen=True):
    onboarding: str | None = None


@action("os1.view_onboarding")
def view_onboarding(world: World, args: ViewOnboarding) -> OnboardingStatus:
    """Look at an onboarding's status and init sequence logs."""
    return describe(world, find_onboarding(world, args.onboarding))
