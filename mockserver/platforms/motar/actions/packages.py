"""The distributions in an ATO package: what developers add and take out."""

from __future__ import annotations

from mockserver.errors import Refused
from mockserver.platforms.motar import webhooks
from mockserver.platforms.motar.actions.arguments import DEVELOPERS, Arguments
from mockserver.platforms.motar.models import APPS, DISTRIBUTIONS, ORGANIZATIONS, PLUGINS, REQUESTS, App, AtoRequest
from mockserver.platforms.motar.results import ChangedPackage
from mockserver.platforms.motar.studio import find_distribution, find_request, member, working_plugin
from mockserver.world.actions import action
from mockserver.world.world import World


class ChangeDistribution(Arguments, frozen=True):
    request: str | None = None
    distribution: str | None = None
    by: str | None = None


@action("motar.add_distribution")
def add_distribution(world: World, args: ChangeDistribution) -> ChangedPackage:
    """A developer adds a distribution of the app to the ATO package; the plugin is told the current state.

    Not for a package that was cancelled or is complete. `delivery` is null when the plugin has no
    distribution endpoint.
    """
    request, app = _open_package(world, args)
    distribution = find_distribution(world, app, args.distribution)
    if distribution.app != app.id:
        other = world[APPS][distribution.app].name
        raise Refused(
            f"{distribution.name!r} is a distribution of {other!r}; this package is about {app.name!r}.",
            hint=f"Upload one of {app.name!r} first: motar.create_distribution.",
        )
    if distribution.id in request.distributions:
        raise Refused(f"{distribution.name!r} is in the package already.", hint="motar.view_progress shows what is.")
    return _change(world, request, (*request.distributions, distribution.id))


@action("motar.remove_distribution")
def remove_distribution(world: World, args: ChangeDistribution) -> ChangedPackage:
    """A developer takes a distribution out of the ATO package; the plugin is told the current state.

    Without `distribution` it is the only one in the package. `delivery` is null when the plugin has
    no distribution endpoint.
    """
    request, app = _open_package(world, args)
    if args.distribution is None and len(request.distributions) == 1:
        distribution = world[DISTRIBUTIONS][request.distributions[0]]
    else:
        distribution = find_distribution(world, app, args.distribution)
    if distribution.id not in request.distributions:
        raise Refused(f"{distribution.name!r} is not in the package.", hint="motar.view_progress shows what is.")
    return _change(world, request, tuple(each for each in request.distributions if each != distribution.id))


def _open_package(world: World, args: ChangeDistribution) -> tuple[AtoRequest, App]:
    request = find_request(world, args.request)
    app = world[APPS][request.app]
    what = "changing the distributions of a package"
    member(world, world[ORGANIZATIONS][app.organization], args.by, DEVELOPERS, what)
    if request.cancelled is not None:
        raise Refused(f"The ATO request {request.id} was cancelled.", hint="Start another: motar.start_ato_request.")
    if request.complete:
        raise Refused(
            f"The ATO request {request.id} is complete; its package is closed.",
            hint="The plugin opens it again with complete: false at /plugin/v1/ato/status; or start another request.",
        )
    return request, app


def _change(world: World, request: AtoRequest, distributions: tuple[str, ...]) -> ChangedPackage:
    working_plugin(world, world[PLUGINS][request.plugin])
    changed = world[REQUESTS].change(request.id, distributions=distributions, updated=world.clock.now())
    delivery = webhooks.announce_distributions(world, changed)
    return {
        "request_id": request.id,
        "distributions": webhooks.distributions_document(world, changed)["distributions"],
        "delivery": delivery.id if delivery else None,
    }
