"""Functions that keep an OAuth provider informed of the app version."""

from __future__ import annotations

from mockserver.platforms.akana import registration
from mockserver.platforms.akana.subject import Here
from mockserver.platforms.akana.workflow.arguments import SyncClient
from mockserver.platforms.akana.workflow.registry import NoArguments, function


@function("syncAppVersionOAuthClient", SyncClient)
def sync_client(here: Here, args: SyncClient) -> None:
    """Register the client or bring it up to date, or with Delete remove it."""
    if args.deletes:
        registration.remove(here.subject.world, here.subject.id)
        return
    version = here.subject.version
    if version is not None:
        registration.reset(here.subject.world, version)


@function("notifyAppVersionDeleteToOAuthClient", NoArguments)
def notify_deletion(here: Here, args: NoArguments) -> None:
    """Have the client deleted, whether or not the version is there still; one that was never registered is none."""
    registration.remove(here.subject.world, here.subject.id)


FUNCTIONS = (sync_client, notify_deletion)
