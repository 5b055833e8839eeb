"""Redirect URIs are compared character by character; a mismatch is explained the same way."""

from __future__ import annotations

from mockserver.platforms.motar.errors import Error
from mockserver.platforms.motar.models import Plugin
from mockserver.platforms.motar.uris import difference, difference_note, first_difference
from mockserver.wire import Refusal


def check_registered(plugin: Plugin, sent: str) -> Refusal | None:
    """None when `sent` equals a registered URI, else the refusal that shows where it parts from the nearest."""
    if sent in plugin.redirect_uris:
        return None
    if not plugin.redirect_uris:
        return Error.VALIDATION.because(
            f"The plugin {plugin.name!r} has no redirect URI; motar.configure_plugin sets one."
        )
    nearest_first = sorted(plugin.redirect_uris, key=lambda uri: -first_difference(sent, uri))
    return Error.VALIDATION.because(
        f"redirect_uri is not registered. Sent {sent!r}; the nearest registered is {nearest_first[0]!r}; "
        f"they differ {difference(sent, nearest_first[0])}",
        title="This redirect_uri is not registered",
        explanation="Nobody is sent to a URI that is not registered for the plugin.",
        hints=[
            "Redirect URIs are compared exactly, character by character.",
            "Send a registered one, or register another: mockserver trigger motar.configure_plugin redirect_uris=URI",
        ],
        mismatch={"sent": sent, "candidates": [_candidate(sent, uri) for uri in nearest_first]},
    )


def _candidate(sent: str, registered: str) -> dict[str, str]:
    position = first_difference(sent, registered)
    return {
        "uri": registered,
        "common": registered[:position],
        "sent_rest": sent[position:],
        "uri_rest": registered[position:],
        "note": difference_note(sent, registered),
    }
