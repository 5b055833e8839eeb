"""Notifications: queued by workflows, sent by the job that runs every minute, read on dashboards and as mail."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import msgspec

from mockserver.platforms.akana import ids
from mockserver.platforms.akana.models import API_VERSIONS, APP_VERSIONS, USERS, AppVersion, Contract, User
from mockserver.platforms.akana.models_work import (
    MAILS,
    NOTIFICATIONS,
    QUEUE,
    Mail,
    Notification,
    QueuedNotification,
)
from mockserver.platforms.akana.people import Governed, NotifiedRole, api_of, app_of, connected_apis, with_role
from mockserver.platforms.akana.settings import AkanaSettings
from mockserver.platforms.akana.templates import fill, find_template
from mockserver.world.actions import action
from mockserver.world.world import World

JOB = "akana.internal.send_notifications"
EVERY = timedelta(seconds=60)


def queue(
    world: World,
    type: str,
    role: NotifiedRole,
    thing: Governed,
    *,
    parameters: Mapping[str, str],
) -> list[QueuedNotification]:
    """Queue a notification for everybody who holds a role for a thing; the job sends it on the next full minute.

    Its texts are settled now, so that it still says the same when the thing is gone by then. Raises
    `Unknown` for a type that has no template.
    """
    template = find_template(world, "notification", type)
    known = {**surroundings(world, thing), **parameters}
    idle = not len(world[QUEUE])
    queued = []
    for user in with_role(world, role, thing):
        own = {**known, "user.firstname": user.first_name, "user.lastname": user.last_name}
        queued.append(
            world[QUEUE].insert(
                QueuedNotification(
                    id=f"queued{world.mint.count('akana.queued')}",
                    user=user.id,
                    type=type,
                    category=template.category,
                    dashboard_subject=fill(template.title, own),
                    dashboard_text=fill(template.text, own),
                    mail_subject=fill(template.mail_subject, own),
                    mail_body=fill(template.mail_body, own, html=True),
                    queued=world.clock.now(),
                )
            )
        )
    if idle and queued:
        _wake_job(world)
    return queued


def surroundings(world: World, thing: Governed) -> dict[str, str]:
    """What templates may say of a thing and of the site."""
    settings = world.settings(AkanaSettings)
    app = app_of(world, thing)
    version = thing if isinstance(thing, AppVersion) else world[APP_VERSIONS].get(thing.app_version)
    found = {
        "tenant.name": settings.tenant,
        "tenant.theme.console.address": world.base_url,
        "tenant.contact.email": settings.contact_mail,
        "system.email.footer.html": "<p><small>Sent by an emulator; nobody reads answers.</small></p>",
        "app.name": app.name if app else "",
        "app.version": version.name if version else "",
        "action.comment": "",
    }
    if isinstance(thing, Contract):
        api, api_version = api_of(world, thing), world[API_VERSIONS].get(thing.api_version)
        found |= {
            "api.name": api.name if api else "",
            "api.version": api_version.name if api_version else "",
            "contract.environment": thing.environment,
            "contract.oldstate": thing.old_state,
        }
    else:
        found["api.name"] = ", ".join(api.name for api in connected_apis(world, thing))
    return found


class NoArguments(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


@action(JOB)
def send_notifications(world: World, args: NoArguments) -> int:
    """The queue's job: put everything that waits on dashboards and into the mail; says how many."""
    waiting = list(world[QUEUE])
    for each in waiting:
        world[QUEUE].delete(each.id)
        user = world[USERS].get(each.user)
        if user is not None:
            _deliver(world, each, user)
    return len(waiting)


def _wake_job(world: World) -> None:
    now = world.clock.now()
    passed = timedelta(microseconds=(now - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) % 60_000_000)
    world.timers.after(EVERY - passed, JOB)


def _deliver(world: World, queued: QueuedNotification, user: User) -> None:
    now = world.clock.now()
    world[NOTIFICATIONS].insert(
        Notification(
            id=ids.numbered(world, "notification"),
            user=user.id,
            type=queued.type,
            category=queued.category,
            subject=queued.dashboard_subject,
            text=queued.dashboard_text,
            created=now,
        )
    )
    number = world.mint.count("akana.mail")
    host = world.settings(AkanaSettings).mail_from.rpartition("@")[2]
    headers = (
        ("From", world.settings(AkanaSettings).mail_from),
        ("To", f"{_phrase(f'{user.first_name} {user.last_name}')} <{user.email}>"),
        # One line whatever a comment holds: a header that breaks would smuggle in another.
        ("Subject", " ".join(queued.mail_subject.split())),
        ("Date", format_datetime(now)),
        ("Message-ID", f"<{number}.{ids.tenant(world)}@{host}>"),
        ("MIME-Version", "1.0"),
        ("Content-Type", 'text/html; charset="utf-8"'),
    )
    world[MAILS].insert(
        Mail(id=f"mail{number}", user=user.id, type=queued.type, headers=headers, body=queued.mail_body, sent=now)
    )


def _phrase(name: str) -> str:
    """A name as it may stand before a mail address."""
    plain = " ".join(name.split())
    if all(each.isalnum() or each in " -'" for each in plain):
        return plain
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'
