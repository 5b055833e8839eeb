"""Files of versions: uploaded, listed, downloaded, replaced, removed; permission files are checked on the way in."""

from __future__ import annotations

from typing import Any, get_args
from urllib.parse import quote

import msgspec

from mockserver.errors import nearest
from mockserver.platforms.os1 import manifest, views
from mockserver.platforms.os1.callers import Caller, caller_of
from mockserver.platforms.os1.carriers import DEVELOPER, GUIDES
from mockserver.platforms.os1.directory import Version, subject_of, version_with
from mockserver.platforms.os1.errors import Error
from mockserver.platforms.os1.events import note_event
from mockserver.platforms.os1.gates import check_upload
from mockserver.platforms.os1.makers import uuid
from mockserver.platforms.os1.models import ARTIFACTS, App, AppVersion, Artifact, ArtifactType, Solution
from mockserver.platforms.os1.models_aaa import Group, PermissionFile
from mockserver.platforms.os1.parameters import required
from mockserver.platforms.os1.permissions import FILE_TYPES
from mockserver.wire import Answer, BadBody, Call, Evidence, Reply, Route, json_answer
from mockserver.wire.multipart import Part, parts_of
from mockserver.world.world import World

MAX_FILE = 10 * 1024 * 1024
MAX_BODY = MAX_FILE + 64 * 1024
"""The file, and room for what multipart adds."""

TYPES: tuple[ArtifactType, ...] = get_args(ArtifactType)
STORED = tuple(each for each in TYPES if each != "ALL")
"""The types of files; ALL only asks for all of them."""


class ArtifactQuery(msgspec.Struct, frozen=True, rename="camel"):
    """Of which version, one of the two, and of which type."""

    artifact_type: str
    app_version_id: str | None = None
    solution_version_id: str | None = None


class ArtifactForm(msgspec.Struct, frozen=True, rename="camel"):
    """The file, of at most 10 MB, and what may be said about it."""

    file: bytes
    file_description: str = ""


def upload(world: World, call: Call) -> Answer:
    """Upload a file of an app version or a solution version."""
    caller = caller_of(world, call)
    version = _version(world, caller, call)
    type_ = _type(call, STORED)
    subject = subject_of(world, version)
    _check_may(world, caller, subject, type_)
    artifact = _made(world, call, caller, version, type_, uuid(world, "artifact"))
    world[ARTIFACTS].insert(artifact)
    _told(world, subject, "ArtifactUploaded", artifact)
    return json_answer({"data": views.artifact(artifact)}, status=201)


def listing(world: World, call: Call) -> Answer:
    """The files of a version, of one type or ALL."""
    caller = caller_of(world, call)
    version = _version(world, caller, call)
    type_ = _type(call, TYPES)
    found = [each for each in world[ARTIFACTS].find("version", version.id) if type_ in ("ALL", each.type)]
    return json_answer({"data": [views.artifact(each) for each in found]})


def download(world: World, call: Call) -> Answer:
    """A file as it was uploaded."""
    _, artifact, _ = _find(world, call)
    return Answer(
        200,
        (
            ("content-type", "application/octet-stream"),
            ("content-disposition", f"attachment; filename*=UTF-8''{quote(artifact.file_name)}"),
            ("x-content-type-options", "nosniff"),
        ),
        artifact.content,
    )


def replace(world: World, call: Call) -> Answer:
    """Upload another file in place of one."""
    caller, artifact, version = _find(world, call)
    subject = subject_of(world, version)
    _check_may(world, caller, subject, artifact.type)
    changed = _made(world, call, caller, version, artifact.type, artifact.id)
    world[ARTIFACTS].put(changed)
    _told(world, subject, "ArtifactReplaced", changed)
    return json_answer({"data": views.artifact(changed)})


def remove(world: World, call: Call) -> Answer:
    """Remove a file; what tenants hold of it stays until they are onboarded again."""
    caller, artifact, version = _find(world, call)
    subject = subject_of(world, version)
    _check_may(world, caller, subject, artifact.type)
    world[ARTIFACTS].delete(artifact.id)
    _told(world, subject, "ArtifactRemoved", artifact)
    return json_answer({"data": {"id": artifact.id}})


def _version(world: World, caller: Caller, call: Call) -> Version:
    app_version, solution_version = call.query_value("appVersionId"), call.query_value("solutionVersionId")
    if (app_version is None) == (solution_version is None):
        raise Error.MISSING.stop("Give either appVersionId or solutionVersionId.")
    wanted = app_version or solution_version or ""
    version = version_with(world, wanted)
    if version is None or isinstance(version, AppVersion) != (app_version is not None):
        raise Error.NOT_FOUND.stop(
            f"There is no {'app' if app_version is not None else 'solution'} version {wanted!r}."
        )
    # Permission files have a gate of their own, which says more than that there is no access.
    if call.method == "GET":
        caller.check_sees(world, subject_of(world, version))
    return version


def _find(world: World, call: Call) -> tuple[Caller, Artifact, Version]:
    caller = caller_of(world, call)
    artifact = world[ARTIFACTS].get(call.params["artifactId"])
    if artifact is None:
        raise Error.NOT_FOUND.stop(f"There is no artifact {call.params['artifactId']!r}.")
    version = version_with(world, artifact.version)
    assert version is not None, "a version's artifacts go with it"
    if call.method == "GET":
        caller.check_sees(world, subject_of(world, version))
    return caller, artifact, version


def _type(call: Call, allowed: tuple[ArtifactType, ...]) -> ArtifactType:
    sent = required(call, "artifactType")
    for each in allowed:
        if each == sent:
            return each
    near = nearest(sent, allowed)
    raise Error.VALUE.stop(
        f"artifactType: one of {', '.join(allowed)}, not {sent[:60]!r}." + (f" Did you mean {near}?" if near else "")
    )


def _check_may(world: World, caller: Caller, subject: App | Solution, type_: ArtifactType) -> None:
    if type_ in FILE_TYPES:
        if not isinstance(subject, App):
            raise Error.VALUE.stop(f"{type_} is for apps; a solution's user groups are a MANIFEST.")
        check_upload(world, caller, subject)
        return
    if type_ == "MANIFEST" and isinstance(subject, App):
        raise Error.VALUE.stop("MANIFEST is for solutions; an app's permissions are a PERMFILE.")
    caller.check_changes(world, subject)


def _made(
    world: World, call: Call, caller: Caller, version: Version, type_: ArtifactType, artifact_id: str
) -> Artifact:
    file, description = _file(call)
    permissions: PermissionFile | None = None
    groups: tuple[Group, ...] | None = None
    subject = subject_of(world, version)
    name = file.filename or "file"
    if isinstance(subject, App) and type_ in FILE_TYPES:
        _, permissions = manifest.read_app_file(world, file.content, name, subject)
    elif isinstance(subject, Solution) and type_ == "MANIFEST":
        groups = manifest.read_solution_file(world, file.content, name, subject)
    return Artifact(
        id=artifact_id,
        version=version.id,
        type=type_,
        file_name=name,
        description=description,
        media_type=file.content_type,
        content=file.content,
        uploaded=world.clock.now(),
        uploaded_by=caller.user.id,
        permissions=permissions,
        groups=groups,
    )


def _file(call: Call) -> tuple[Part, str]:
    try:
        parts = parts_of(call)
    except BadBody as error:
        raise Error.UNUSABLE.stop(error.reason) from None
    file = next((each for each in parts if each.name == "file"), None)
    if file is None:
        raise Error.MISSING.stop("The form has no part named file.")
    if len(file.content) > MAX_FILE:
        raise Error.TOO_LARGE.stop(f"The file has {len(file.content)} bytes; at most {MAX_FILE} (10 MB) are taken.")
    description = next((each.text for each in parts if each.name == "fileDescription"), "")
    return file, description


def _told(world: World, subject: App | Solution, type_: str, artifact: Artifact) -> None:
    note_event(
        world,
        subject,
        type_,
        {"artifactId": artifact.id, "artifactType": artifact.type, "versionId": artifact.version},
    )


_ONE = "/developer/artifacts/{artifactId}"
_TOLD = Reply(200, "The file's entry.", dict[str, Any])
_REFUSED = (400, 401, 403, 404, 413)
_NOTE = "That there is such a call is documented, path and shape are ours."

ROUTES = (
    Route(
        "POST",
        "/developer/artifacts",
        upload,
        "Upload a file of a version",
        Evidence(
            "documented",
            "assumed",
            "assumed",
            "Permission files (PERMFILE, PERMFILE_WEB_CLIENT, apps only) and a solution's MANIFEST (our name: the "
            "vendor's list has none) are checked, each problem with its line: 400; more than 375 KB of them, or 10 MB "
            "of anything: 413. Who may not upload an app's permission file is 403 by role or ownership.",
        ),
        (DEVELOPER,),
        source=GUIDES,
        query=ArtifactQuery,
        multipart=ArtifactForm,
        replies=(Reply(201, "The file's entry.", dict[str, Any]),),
        refused=_REFUSED,
        max_body=MAX_BODY,
    ),
    Route(
        "GET",
        "/developer/artifacts",
        listing,
        "The files of a version",
        Evidence("documented", "assumed", "assumed", "ALL asks for every type."),
        (DEVELOPER,),
        source=GUIDES,
        query=ArtifactQuery,
        replies=(Reply(200, "Their entries.", dict[str, Any]),),
        refused=(400, 401, 403, 404),
    ),
    Route(
        "GET",
        _ONE,
        download,
        "Download a file",
        Evidence("assumed", "assumed", "assumed", _NOTE),
        (DEVELOPER,),
        source=GUIDES,
        replies=(Reply(200, "The file.", bytes, ("application/octet-stream",)),),
        refused=(401, 403, 404),
    ),
    Route(
        "PUT",
        _ONE,
        replace,
        "Replace a file",
        Evidence("assumed", "assumed", "assumed", _NOTE),
        (DEVELOPER,),
        source=GUIDES,
        multipart=ArtifactForm,
        replies=(_TOLD,),
        refused=_REFUSED,
        max_body=MAX_BODY,
    ),
    Route(
        "DELETE",
        _ONE,
        remove,
        "Remove a file",
        Evidence("assumed", "assumed", "assumed", f"{_NOTE} No tenant changes by it."),
        (DEVELOPER,),
        source=GUIDES,
        replies=(_TOLD,),
        refused=(401, 403, 404),
    ),
)
