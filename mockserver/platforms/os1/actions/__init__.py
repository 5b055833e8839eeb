"""What no OS1 API does: making organizations, people, stacks and tenants, signing in, subscribing, and what goes wrong.

Where an argument names somebody or something, an id, a listing, a name or (for people) a handle will
do; left out, it is the only one there is, or the latest onboarding.
"""

from mockserver.platforms.os1.actions.failures import (
    fail_step,
    retry_onboarding,
    rotate_credentials,
    set_tenant_down,
    slow_tenant,
    view_onboarding,
)
from mockserver.platforms.os1.actions.people import (
    create_organization,
    create_team,
    create_user,
    issue_access_token,
    set_roles,
)
from mockserver.platforms.os1.actions.tenants import (
    ask_access,
    create_stack,
    create_tenant,
    create_tenants,
    sign_in_to_tenant,
    subscribe_tenant,
    unsubscribe_tenant,
)
from mockserver.platforms.os1.again import catch_up
from mockserver.platforms.os1.uploads import finish
from mockserver.platforms.os1.work import go_on

ACTIONS = (
    create_organization,
    create_team,
    create_user,
    set_roles,
    issue_access_token,
    create_stack,
    create_tenant,
    create_tenants,
    subscribe_tenant,
    unsubscribe_tenant,
    sign_in_to_tenant,
    ask_access,
    fail_step,
    slow_tenant,
    set_tenant_down,
    rotate_credentials,
    retry_onboarding,
    view_onboarding,
    go_on,
    catch_up,
    finish,
)
