"""What people do in MOTAR Studio, and what MOTAR's administrators do: no vendor API documents these.

Where an argument names somebody or something, an id, a name or (for people) a handle will do; left
out, it is the only one there is, or the latest ATO request. `by` is who acts; left out, it is the
first who may. What is not said of new things is made up, the same on every run.
"""

from mockserver.platforms.motar.actions.authentication import AUTHENTICATION
from mockserver.platforms.motar.actions.organizations import (
    create_app,
    create_distribution,
    create_user,
    grant_ato_permission,
    register_organization,
    revoke_ato_permission,
    update_organization,
)
from mockserver.platforms.motar.actions.packages import add_distribution, remove_distribution
from mockserver.platforms.motar.actions.plugins import (
    activate_plugin,
    configure_plugin,
    create_plugin,
    deactivate_plugin,
    regenerate_client_secret,
)
from mockserver.platforms.motar.actions.requests import (
    cancel_ato_request,
    forge_webhook,
    may_send,
    set_report,
    start_ato_request,
    view_progress,
)
from mockserver.platforms.motar.actions.sessions import hand_off, open_redirect, revoke_session, sign_in

ACTIONS = (
    register_organization,
    update_organization,
    create_user,
    create_app,
    create_distribution,
    grant_ato_permission,
    revoke_ato_permission,
    create_plugin,
    configure_plugin,
    activate_plugin,
    deactivate_plugin,
    regenerate_client_secret,
    start_ato_request,
    set_report,
    hand_off,
    sign_in,
    open_redirect,
    add_distribution,
    remove_distribution,
    cancel_ato_request,
    revoke_session,
    view_progress,
    forge_webhook,
    may_send,
    *AUTHENTICATION,
)
