"""The texts of notifications and board items: the vendor's ids, our words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape

from mockserver.errors import Unknown
from mockserver.platforms.akana.models_work import TEMPLATES, Template
from mockserver.world.world import World

_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_.]*)\}", re.IGNORECASE)

APP_TYPE, BOARD_TYPE = "com.soa.notification.type.app.", "com.soa.board.item.appversion."
ALERT, POST = "NOTIFICATION_TYPE_GROUP_APP_ALERT", "NOTIFICATION_TYPE_GROUP_APP_POST"

_AUDIENCES = {
    "appteam": "You get this because you are on the team of {app.name}.",
    "apiadmin": "You get this because you look after {api.name}, which the app uses.",
    "bizadmin": "You get this because you administer the business that {app.name} belongs to.",
}
_EVENTS = {
    "marked.for.deletion": (
        ("appteam", "apiadmin", "bizadmin"),
        "{app.name} {app.version} is to be deleted",
        "{author.username} asked for version {app.version} of {app.name} to be deleted. {action.comment}",
    ),
    "deletion.request.approved": (
        ("appteam", "apiadmin", "bizadmin"),
        "{app.name} {app.version} is deleted",
        "{author.username} approved the deletion of version {app.version} of {app.name}. {action.comment}",
    ),
    "deletion.request.rejected": (
        ("appteam", "apiadmin", "bizadmin"),
        "{app.name} {app.version} stays",
        "{author.username} turned down the deletion of version {app.version} of {app.name}. {action.comment}",
    ),
    "version.certificate.added": (
        ("appteam", "apiadmin"),
        "{app.name} {app.version} has a certificate",
        "{author.username} saved a certificate or signing request for {app.name} {app.version}. {action.comment}",
    ),
    "version.certificate.removed": (
        ("appteam", "apiadmin"),
        "{app.name} {app.version} has no certificate any more",
        "{author.username} removed the certificate or signing request of {app.name} {app.version}. {action.comment}",
    ),
    "version.shared.secret.regenerated": (
        ("appteam", "apiadmin"),
        "{app.name} {app.version} has a new shared secret",
        "{author.username} made a new shared secret for {app.name} {app.version}. {action.comment}",
    ),
}


def _mail(text: str, audience: str) -> str:
    return (
        "<p>Hello {user.firstname} {user.lastname},</p>"
        f"<p>{text}</p><p>{audience}</p>"
        '<p><a href="{tenant.theme.console.address}">{tenant.name}</a>, {tenant.contact.email}</p>'
        "{system.email.footer.html}"
    )


def _notification(id: str, subject: str, text: str, audience: str, category: str | None = None) -> Template:
    return Template(
        id=id,
        kind="notification",
        title=subject,
        text=text,
        mail_subject=f"[{{tenant.name}}] {subject}",
        mail_body=_mail(text, audience),
        category=category,
    )


def _builtin() -> list[Template]:
    found = [
        _notification(f"{APP_TYPE}{event}.{audience}", subject, text, _AUDIENCES[audience])
        for event, (audiences, subject, text) in _EVENTS.items()
        for audience in audiences
    ]
    team = _AUDIENCES["appteam"]
    found += [
        _notification(f"{APP_TYPE}alert.created", "An alert on {app.name}", "{action.comment}", team, ALERT),
        _notification(f"{APP_TYPE}post.created", "A post on {app.name}", "{action.comment}", team, POST),
        _notification(f"{APP_TYPE}review.created", "A review of {app.name}", "{action.comment}", team),
        _notification(
            "com.soa.notification.type.api.access.requested.both.apiadmin",
            "{api.name}",
            "{author.username} asks for {app.name} to use {api.name} in {contract.environment}. {action.comment}",
            _AUDIENCES["apiadmin"],
        ),
    ]
    boards = {
        "mark.for.delete": ("Deletion requested", "{author.username} wants {app.name} {app.version} to go."),
        "delete.request.approved": ("Deletion approved", "{author.username} let {app.name} {app.version} go."),
        "delete.request.rejected": ("Deletion rejected", "{author.username} keeps {app.name} {app.version}."),
    }
    found += [
        Template(id=BOARD_TYPE + name, kind="board", title=title, text=f"{text} {{action.comment}}")
        for name, (title, text) in boards.items()
    ]
    return found


BUILTIN: Mapping[str, Template] = {template.id: template for template in _builtin()}


def find_template(world: World, kind: str, id: str) -> Template:
    """The template of a kind with this id, a world's own before ours; raises `Unknown`."""
    found = world[TEMPLATES].get(id) or BUILTIN.get(id)
    if found is None or found.kind != kind:
        known = [each for each, template in BUILTIN.items() if template.kind == kind]
        known += [template.id for template in world[TEMPLATES] if template.kind == kind]
        raise Unknown(f"{kind} template", id, known, hint="akana.add_template makes one of your own.")
    return found


def fill(text: str, parameters: Mapping[str, str], *, html: bool = False) -> str:
    """The text with each `{name}` replaced by its value, which is never looked into; unknown names stay as they are.

    Where nothing stands for a name at the end of a text, the space before it goes as well.
    """

    def value(match: re.Match[str]) -> str:
        found = parameters.get(match[1].lower())
        if found is None:
            return match[0]
        return escape(found) if html and not match[1].lower().endswith(".html") else found

    return _PLACEHOLDER.sub(value, text).rstrip()
