"""Functions that end an app version."""

from __future__ import annotations

from mockserver.platforms.akana import lifecycle
from mockserver.platforms.akana.subject import Here
from mockserver.platforms.akana.workflow.registry import NoArguments, function


@function("deleteAppVersion", NoArguments)
def delete_app_version(here: Here, args: NoArguments) -> None:
    """Delete the app version for good; what comes after finds none. One that is gone already is no error."""
    version = here.subject.version
    if version is not None:
        lifecycle.delete_version(here.subject.world, version)


@function("autoDeleteAppVersion", NoArguments)
def auto_delete_app_version(here: Here, args: NoArguments) -> None:
    """Delete the app version, as deleteAppVersion does; no page says what is different."""
    version = here.subject.version
    if version is not None:
        lifecycle.delete_version(here.subject.world, version)


FUNCTIONS = (delete_app_version, auto_delete_app_version)
