"""What was decided where Akana's pages are silent, and what they do say about things that are no route."""

from __future__ import annotations

from mockserver.wire import Decision

DECISIONS = (
    Decision(
        "Worlds and signing in",
        "assumed",
        "A login carries no credential of a world: reach the world by prefix, header or host once, and the login "
        "cookie leads back to it by itself. Cookies have the prefix's path. Sessions last 30 minutes unless the "
        "login policy says otherwise (documented); somebody has at most 20 at a time.",
    ),
    Decision(
        "CSRF",
        "documented",
        "POST, PUT and DELETE need the header X-Csrf-Token_{tenant} with the value of the cookie; GET does when "
        "ReadRequestCSRFSupport is on. With both switches off there is no such cookie. Logins and the renewal are "
        "exempt (which ones are, is assumed). Missing, of another session, or expired: 401.",
    ),
    Decision(
        "Faults",
        "observed",
        "faultcode and faultstring, as JSON or XML by Accept; the codes are ours. 400 for bad input and for actions "
        "that the current step has not, 401 without a session or CSRF header, 403 for a condition that failed, 404 for "
        "what is not there and (documented) for a wrong Content-Type or Accept.",
    ),
    Decision(
        "Lists",
        "documented",
        "RSS channels, in JSON without `item` when empty. start and count page, at most 500 at once.",
    ),
    Decision(
        "No workflow",
        "documented",
        "The default: plain permissions apply. Edits and deletion are for the app's team and the Business and Site "
        "Admins above it; the Authorization section of the OAuth profile for the latter only.",
    ),
    Decision(
        "Which workflow",
        "documented",
        "The one that the app's business has chosen when something is made, else the one of the business above. What "
        "exists keeps its own. Choices take effect at once, not after the vendor's five minutes (assumed).",
    ),
    Decision(
        "Uploading a workflow",
        "assumed",
        "A definition without the initial action @Create is refused, for app versions and for contracts. Its object "
        "type is appversion or apicontract: the vendor's words are unknown.",
    ),
    Decision(
        "Roles",
        "assumed",
        "Admin of an app version is its team and the Business and Site Admins above it (akana.admin_role: team for the "
        "team alone); of a contract also who looks after the API. AppAdmin is the team alone, ApiAdmin whoever looks "
        "after a connected API, BusinessAdmin an admin of the app's business or one above it, and any Site Admin. "
        "ApiInvitedUser is everybody who may see the API: of a public one, all.",
    ),
    Decision(
        "@Modify and the granular actions",
        "documented",
        "A definition that has @Modify anywhere is decided by it alone; granular actions count in others, and "
        "reserved-allow-cert-upload is one of them (assumed). None of these runs: they are asked.",
    ),
    Decision(
        "reserved-action-modify",
        "assumed",
        "Grants every edit to those whom its restriction admits, whatever @Modify says. It runs as a transition with "
        "each edit of somebody for whom it is available, before the event actions.",
    ),
    Decision(
        "Event actions",
        "assumed",
        "@KeyInfoSaved, @KeyInfoRemoved, @RegeneratedSecret, @EditOAuthDetails and @RemoveCert run once after what "
        "they are named after; where they are not available then, they are skipped and nothing is refused. On removal "
        "@RemoveCert comes before @KeyInfoRemoved. The first three can also be done by name.",
    ),
    Decision(
        "Deleting",
        "assumed",
        "DELETE on a governed version performs @Delete; the version goes only if a function deletes it, else its State "
        "is delete.pending until people do another action with it that is not reserved. Deleting an app asks each of "
        "its versions, all or none.",
    ),
    Decision(
        "The last version",
        "documented",
        "When the last version goes, its app and its team go as well, be it by workflow (assumed); "
        "akana.last_version_takes_app: false keeps them.",
    ),
    Decision(
        "deleteAppVersion",
        "assumed",
        "Afterwards the id is 404, variables are empty, notifications that were queued still go out, and a failure of "
        "a later function brings everything back. Contracts stay as apicontract.status.app.deleted. "
        "autoDeleteAppVersion does the same.",
    ),
    Decision(
        "Connecting, approving, cancelling",
        "assumed",
        "The reserved action runs as a transition, by its general name or the environment's. Connecting needs one; "
        "approving and cancelling only in definitions that have one anywhere. Connecting and cancelling run it before "
        "the contract changes, so a connection that is being cancelled still counts; approving runs it after, so the "
        "contract counts as approved. Contracts that functions approve or cancel run none.",
    ),
    Decision(
        "Contracts without a workflow",
        "assumed",
        "The vendor's own contract workflow as a table: approve, reject, activate, suspend, resume, resubmit, cancel "
        "between the documented states. Approval activates in the Sandbox, and in Production once the app version is "
        "there; auto-approval likewise. Business Admins of the app's business count as both sides.",
    ),
    Decision(
        "Revisions",
        "assumed",
        "A second request for the same connection makes a revision; when it is activated, the original is cancelled.",
    ),
    Decision(
        "Contract functions of app version workflows",
        "assumed",
        "cloneAllAPIContracts skips what is connected in EnvTo in any valid state. activateAll… leaves rejected and "
        "suspended contracts alone. With a contract workflow both use its approve, activate and cancel as the platform "
        "itself, which holds all roles, and where these lead nowhere set the state.",
    ),
    Decision(
        "Conditions without anything to ask about",
        "assumed",
        "allAPIContractsInEnvironmentApproved and existAPIContractsForAllAPIsInEnvironments are true of an environment "
        "without contracts; atleastOneValidAPIContractInEnvironment is false. Activated counts as approved. Valid is "
        "what is neither cancelled nor left by something deleted.",
    ),
    Decision(
        "Leaders",
        "assumed",
        "isAppTeamMemberUserLeaderOfAnyOtherGroup asks for a member of the app's team who leads an independent group; "
        "app teams and groups of API admins are not independent.",
    ),
    Decision(
        "Notifications",
        "documented",
        "Queued, and sent by a job every 60 seconds of the world's clock, on full minutes (assumed), to the dashboard "
        "and as mail. Recipients and texts are settled when they are queued (assumed). Ids are the vendor's, texts are "
        "ours; akana.add_template or a fixture brings others. BusinessAdmin means the admins of the app's business, or "
        "of the nearest one above that has any (assumed).",
    ),
    Decision(
        "Templates",
        "observed",
        "{name} is filled in, {action.comment} with what came with the action by whatever way, else with nothing; "
        "names nobody knows stay (assumed). In mail, values are escaped.",
    ),
    Decision(
        "Boards",
        "assumed",
        "Apps, app versions, APIs, API versions, groups, users and boards of their own. Public items are for all, "
        "RegisteredUsers for who is signed in, Limited for Site Admins and whoever administers one of the viewers: "
        "the team of an app, the admins of an API or a business, the members of a group. A board that does not exist "
        "fails the function; without any board there is no item.",
    ),
    Decision(
        "Client registration",
        "assumed",
        "RFC 7591 and 7592: POST to akana.registration_endpoint, then PUT and DELETE at registration_client_uri. One "
        "call at a time for each app version; what is asked meanwhile is done afterwards. A failure is on the delivery "
        "and the registration, and changes nothing else. A new Reset tries again; after 401, 404 or 410 to PUT "
        "or DELETE, by which a provider says that it does not know the client, it registers a new one.",
    ),
    Decision(
        "syncAppVersionOAuthClient",
        "documented",
        "Takes Reset and Delete and the seven action names of the page's table; the two deletions mean Delete, the "
        "others Reset (assumed). Without a registration endpoint nothing is sent.",
    ),
    Decision(
        "Comments",
        "assumed",
        "At most 4000 characters, in the body of an action or in the query as Comment or Comments.",
    ),
    Decision(
        "Not emulated",
        "assumed",
        "Workflows of API versions, groups, tickets, models and discussions; two-factor login and its functions; "
        "federation; metrics, logs and packages; pending login tasks; OAuth domains but for client registration.",
    ),
)
