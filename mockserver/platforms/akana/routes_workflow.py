"""Workflows: what can be done now, doing it, and the files they are made of."""

from __future__ import annotations

from collections.abc import Mapping

from mockserver.platforms.akana import definitions, lifecycle, media, queries, requests, shapes
from mockserver.platforms.akana import representations as show
from mockserver.platforms.akana.bodies import MAX_UPLOAD, decode, form_of
from mockserver.platforms.akana.contracts import allowed_names
from mockserver.platforms.akana.errors import Fault
from mockserver.platforms.akana.governance import Governance, is_reserved
from mockserver.platforms.akana.makers import root_business
from mockserver.platforms.akana.models import API_VERSIONS, APP_VERSIONS, BUSINESSES, CONTRACTS, User
from mockserver.platforms.akana.models_work import DEFINITIONS
from mockserver.platforms.akana.people import is_business_admin
from mockserver.platforms.akana.routing import contract_for, found, route, version_for
from mockserver.platforms.akana.session import caller
from mockserver.wire import Answer, Call, Evidence, Reply, Route
from mockserver.wire.multipart import Part
from mockserver.world.world import World

SOURCE = "docs: workflow operations"


def list_actions(world: World, call: Call) -> Answer:
    """List the actions that the caller can do with something now."""
    user = caller(world, call)
    id = call.params["id"]
    _visible(world, user, id)
    names = [action.name for action in Governance(world, id, user).available()]
    contract = world[CONTRACTS].get(id)
    if contract is not None and not Governance(world, id, user).governed:
        names = allowed_names(world, user, contract)
    reserved = queries.flag(call, "IncludeReservedActions")
    listed = [name for name in dict.fromkeys(names) if reserved or not is_reserved(name)]
    actions = tuple(shapes.ActionBody(action_name=name, reserved=is_reserved(name)) for name in listed)
    return media.rendered(call, "Actions", shapes.ActionsBody(object_id=id, action=actions))


def do_action(world: World, call: Call) -> Answer:
    """Do a workflow action by its name."""
    user = caller(world, call)
    id = call.params["id"]
    given = decode(call, requests.ActionRequest)
    if given.user_id not in (None, user.id):
        raise Fault.FORBIDDEN.stop(f"UserID names {given.user_id}; {user.user_name} acts for nobody else.")
    _visible(world, user, id)
    lifecycle.perform(world, user, id, given.action_name, comment=given.comment)
    return media.plain(id)


def upload_definition(world: World, call: Call) -> Answer:
    """Upload a workflow file."""
    user = caller(world, call)
    form = form_of(call)
    business = found(world, BUSINESSES, _field(form, "businessid") or root_business(world).id, "business")
    if not user.site_admin:
        raise Fault.FORBIDDEN.stop(f"{user.user_name} is no Site Admin; only one may upload workflows.")
    missing = [name for name in ("Name", "Description", "ObjectType") if not _field(form, name.lower())]
    if missing:
        raise Fault.INVALID.stop(f"The form lacks {', '.join(missing)}.")
    files = [part for part in form.values() if part.filename is not None]
    content = files[0] if len(files) == 1 else form.get("content")
    if content is None:
        raise Fault.INVALID.stop(f"The form must hold one file, the workflow in XML; it holds {len(files)}.")
    definition = definitions.upload(
        world,
        name=_field(form, "name"),
        description=_field(form, "description"),
        type=definitions.object_type(_field(form, "objecttype")),
        xml=_utf8(content),
        business=business,
    )
    return media.rendered(call, "WorkflowDefinition", show.definition_body(definition))


def list_definitions(world: World, call: Call) -> Answer:
    """List workflow definitions."""
    user = caller(world, call)
    business = call.query_value("BusinessID")
    wanted = call.query_value("ObjectType")
    type = definitions.object_type(wanted) if wanted else None
    if not is_business_admin(world, user, business or user.business):
        raise Fault.FORBIDDEN.stop(f"{user.user_name} is no Business Admin; only one may list workflows.")
    listed = world[DEFINITIONS].find("business", business) if business else list(world[DEFINITIONS])
    items = [show.definition_item(each) for each in listed if type in (None, each.object_type)]
    return media.rss_answer(call, "Workflow definitions", queries.paged(call, items))


def get_definition(world: World, call: Call) -> Answer:
    """Show the file of a workflow definition."""
    user = caller(world, call)
    definition = found(world, DEFINITIONS, call.params["key"], "workflow definition")
    if not is_business_admin(world, user, user.business):
        raise Fault.FORBIDDEN.stop(f"{user.user_name} is no Business Admin; only one may read workflows.")
    # Somebody's own XML, which a browser would run scripts of.
    sealed = ("content-security-policy", "default-src 'none'; sandbox")
    return Answer(200, (("content-type", "application/xml;charset=UTF-8"), sealed), definition.xml.encode())


def _field(form: Mapping[str, Part], name: str) -> str:
    part = form.get(name)
    return part.text.strip() if part is not None else ""


def _utf8(part: Part) -> str:
    try:
        return part.content.decode()
    except UnicodeDecodeError as error:
        raise Fault.INVALID.stop(f"The file is not UTF-8: {error}.") from None


def _visible(world: World, user: User, id: str) -> None:
    """Raise `Rejected` unless there is something that the caller may see."""
    if id in world[APP_VERSIONS]:
        version_for(world, user, id)
    elif id in world[CONTRACTS]:
        contract_for(world, user, id)
    elif id in world[API_VERSIONS]:
        raise Fault.NO_SUCH_ACTION.stop(f"No workflow governs the API version {id}: such workflows are not emulated.")
    else:
        raise Fault.NOT_FOUND.stop(f"There is nothing with the id {id!r} that a workflow could govern.")


_DO = Evidence(
    "documented",
    "documented",
    "assumed",
    "Answers the id as text/plain. Comments may be a string or a list. Refused with 403 and the failed condition; "
    "with 400 where the current step has no such action, or a function fails. Of several actions with the name the "
    "first that is available is done.",
)


def _doing(path: str, what: str) -> Route:
    return route(
        "POST",
        path,
        do_action,
        f"Do a workflow action with {what}",
        _DO,
        source=SOURCE,
        request=requests.ActionRequest,
        replies=shapes.TEXT,
    )


ROUTES = (
    route(
        "GET",
        "/api/workflow/objects/{id}/actions",
        list_actions,
        "List what can be done with something now",
        Evidence(
            "documented",
            "assumed",
            "assumed",
            "The shape of the answer is ours. Reserved actions are left out unless IncludeReservedActions is given. "
            "For a contract without a workflow the built-in actions are listed.",
        ),
        source=SOURCE,
        replies=shapes.reply(shapes.ActionsBody),
    ),
    _doing("/api/apps/versions/{id}/action", "an app version"),
    _doing("/api/apis/versions/{id}/action", "an API version"),
    _doing("/api/contracts/{id}/actions", "a contract"),
    _doing("/api/workflow/objects/{id}/actions", "whatever it governs"),
    route(
        "POST",
        "/api/workflow/definitions",
        upload_definition,
        "Upload a workflow file",
        Evidence(
            "documented",
            "documented",
            "assumed",
            "Name, Description and ObjectType with one file, or in a plain form with the file's text as Content. "
            "ObjectType is appversion or apicontract; these words are ours. Refused with every problem and its line.",
        ),
        source=SOURCE,
        multipart=requests.DefinitionForm,
        max_body=MAX_UPLOAD,
        replies=shapes.reply(shapes.DefinitionBody),
    ),
    route(
        "GET",
        "/api/workflow/definitions",
        list_definitions,
        "List workflow definitions",
        Evidence("documented", "documented", "assumed", "For Business and Site Admins."),
        source=SOURCE,
        replies=shapes.LIST,
    ),
    route(
        "GET",
        "/api/workflow/definitions/{key}",
        get_definition,
        "Show the file of a workflow definition",
        Evidence("assumed", "assumed", "assumed", "The file as it was uploaded, for Business and Site Admins."),
        source="assumed",
        replies=(Reply(200, "The file.", str, ("application/xml",)),),
    ),
)
