"""What was decided where OS1's pages are silent or contradict each other, beyond single routes."""

from __future__ import annotations

from mockserver.wire import Decision

DECISIONS = (
    Decision(
        "Gates: where they hold",
        "documented",
        "For production tenants on the new API only: state (LIVE; a solution's apps too), role, ownership. The legacy "
        "API, by default POST /developer/tenants/onboarding, lets any state pass; each skipped gate is noted in the "
        "journal and in the listing's log.",
    ),
    Decision(
        "Gates: who may onboard",
        "assumed",
        "The page's role sentences conflict. To production tenants: developer-admins of the owning organization, and "
        "product-admins, who are OS1's own people, for everybody. To development tenants and over the legacy API: any "
        "developer, developer-admin, organization-owner or product-admin, owner or not. Publishers and plain members "
        "never. The table is platforms/os1/rights.py.",
    ),
    Decision(
        "Gates: who may upload permission files",
        "assumed",
        "Developers of any kind of the owning organization, whatever the tenants; product-admins may not. To AAA "
        "directly: in production tenants only apps of the owning organization.",
    ),
    Decision(
        "Gates: order of checks",
        "assumed",
        "Access token 401; body 400; version 404; tenantIds or stackId, unknown ones 400; role, then ownership 403; "
        "state 400 (os1.state_gate_status); production credentials 400; permission files 400; init sequence 400; "
        "another onboarding at work 409. All tenants are checked before anything is changed.",
    ),
    Decision(
        "Gates: mixed tenant types",
        "assumed",
        "Each tenant is judged by its own type, and one that is refused refuses the whole call. Type is a property of "
        "the tenant; a new one takes its stack's.",
    ),
    Decision(
        "Gates: again at each tenant",
        "assumed",
        "The state gate is asked once more when a tenant's turn comes: a version that is no longer LIVE by then fails "
        "there, with the reason. What tenants hold already stays.",
    ),
    Decision(
        "stackCredentialOverwrite=production",
        "assumed",
        "Development tenants count as production ones for every gate, and apps use their production credentials "
        "there; an app without any (no tech review approved yet) is refused, over the legacy API too. Otherwise apps "
        "use production credentials in production tenants as far as they have them, and development ones elsewhere.",
    ),
    Decision(
        "tenantIds and stackId",
        "assumed",
        "Exactly one of the two; both or neither is 400. tenantIds may be one id. Selecting by solution or listing "
        "details: GET /developer/tenants?listingId= or ?solnListingId= lists who is subscribed.",
    ),
    Decision(
        "Later tenants of a stack",
        "assumed",
        "The page promises that stack onboarding scales to future tenants: the last accepted onboarding of each app "
        "and solution to the stack is repeated for a tenant that joins, through the same gates as the same user, one "
        "after the other. GET …/onboarding/activity shows it; what a gate refuses shows in refusedLaterTenants. "
        "What was undone is not repeated.",
    ),
    Decision(
        "Init sequence",
        "assumed",
        "An app comes after those in the solution whose roles its permission file requires (rolesRequired); ties by "
        "the solution's order; a ring is 400 and names it. Roles of apps outside the solution ask for nothing.",
    ),
    Decision(
        "Work over time",
        "assumed",
        "Tenant by tenant, app by app, os1.app_duration for each. Permissions are those the files held when the call "
        "was accepted. After a failed app the tenant's remaining apps are left out and the next tenant follows; what "
        "the tenant got so far stays. Under os1.on_tenant_failure: undo every tenant gets back what it held before.",
    ),
    Decision(
        "Status",
        "assumed",
        "data of the POST is the status id (os1.onboarding_data). The status is started, then completed once "
        "everything is done, also when tenants failed: those are in failure, with their reasons, and their entry "
        "stays started. A retry is an onboarding of its own, named in retries.",
    ),
    Decision(
        "Subscriptions",
        "assumed",
        "Nothing moves before the last tenant is done. An app's success moves subscriptions to the app, where there "
        "are any; a solution's makes or moves those to the solution and its apps. Tenants that failed keep theirs; "
        "under undo all do.",
    ),
    Decision(
        "Six steps in the page's order",
        "assumed",
        "The page onboards the app before it is LIVE and asks for the solution's tech review only, which its own "
        "state gate forbids. os1.production_states: live keeps the gate; page-order lets apps pass in any state, and "
        "solutions once tech review approved them and all their apps are LIVE.",
    ),
    Decision(
        "An app of another organization in a solution",
        "assumed",
        "May be part of it once LIVE. Ownership is asked of the solution; the app comes with the permission file that "
        "its own developers uploaded.",
    ),
    Decision(
        "An app without a permission file",
        "assumed",
        "Cannot be onboarded, nor can a solution with it: 400, naming the upload. An app without protected paths "
        "uploads appId and rolesRequired only.",
    ),
    Decision(
        "Two versions at once",
        "assumed",
        "While an onboarding works on an app in a tenant, another one of the same app to it is 409 and names the "
        "first. Afterwards the later one replaces what the tenant holds.",
    ),
    Decision(
        "Changed permission files",
        "documented",
        "Change no tenant until they are onboarded again. What would change: GET /developer/diff?versionId=&tenantId=.",
    ),
    Decision(
        "Permission files",
        "assumed",
        "The keys at the top are the vendor's, the rules for names AAA's; how lists nest is ours (see "
        "platforms/os1/manifest.py). PERMFILE and PERMFILE_WEB_CLIENT of a version count together.",
    ),
    Decision(
        "User groups of solutions",
        "documented",
        "Exist in a tenant from its subscription on, as the newest manifest says; the tenant's administrator joins "
        "Solutions-Admin.",
    ),
    Decision(
        "Error codes",
        "assumed",
        "Twelve digits as documented (service, method, error); which digits are ours. additionalInfo tells programs "
        "what the description tells people: gate, blockers with state, nextCommand, call and roles, problems with "
        "lines.",
    ),
    Decision(
        "Version rules",
        "assumed",
        "One version in tech review; two LIVE, and another version once none is unfinished (os1.version_rules: "
        "guide), or the reference's stricter rules.",
    ),
    Decision(
        "Callbacks of AAA",
        "observed",
        "POST {tenantId, status: success or failed, reason, data} with x-coreos-hmac-signature, the hex SHA-256 of "
        "body and secret one after the other, and the secret in x-coreos-callback-secret. One attempt unless "
        "core.retry_webhooks_after gives a schedule.",
    ),
    Decision(
        "Tenants by host",
        "documented",
        "{tenant}.getos1.com names the tenant (fxtrt.io and logistax.io too), X-COREOS-TID otherwise; the world is "
        "found as always: by prefix, header, or the credential that a call carries.",
    ),
)
