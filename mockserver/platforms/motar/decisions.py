"""What was decided where MOTAR's pages are silent, and what they do say about things that are no route."""

from __future__ import annotations

from mockserver.wire import Decision

DECISIONS = (
    Decision(
        "Webhook: request started",
        "documented",
        "POST with JSON to the plugin's request endpoint, Basic from the plugin's client ID and secret. All "
        "12 keys are always there; companyPhone and reportUri are null until somebody sets them.",
    ),
    Decision(
        "Webhook: what sets companyPhone and reportUri",
        "assumed",
        "motar.register_organization or motar.update_organization with a phone, and motar.set_report. The "
        "document is not sent again unless the world sets motar.resend_on_change.",
    ),
    Decision(
        "Webhook: distributions changed",
        "documented",
        "POST to the plugin's second endpoint whenever a distribution is added or removed; the array "
        "`distributions` is the current state.",
    ),
    Decision(
        "Webhook: distributions document",
        "assumed",
        "Besides the array it holds requestId, companyId, appName and packageName; an entry holds id, name, "
        "version, packageName, releaseNotes and supportedDevices. In the order in which they were added.",
    ),
    Decision(
        "Webhook: no distribution endpoint",
        "assumed",
        "The change is kept and nothing is sent. A distribution that is in the package already, or of another "
        "app, is refused in Studio and nothing is sent.",
    ),
    Decision(
        "Webhook: origin",
        "assumed",
        "A plugin may verify that a call came from api.motar.io; how is unknown. The emulator sends the "
        "header `Origin: https://api.motar.io`; motar.origin_mark changes it or leaves it out. "
        "motar.forge_webhook sends a forged one.",
    ),
    Decision(
        "Webhook: delivery",
        "assumed",
        "One attempt, 10 seconds, 2xx is success, redirects are not followed. core.retry_webhooks_after gives "
        "a schedule on the world's clock. A refused webhook changes nothing in Studio; redeliver sends the "
        "same bytes. Webhooks to one URL arrive in the order in which they were decided.",
    ),
    Decision(
        "Status values",
        "documented",
        "not-started, in-progress, action-required, under-review, completed.",
    ),
    Decision(
        "Status transitions",
        "assumed",
        "Any may follow any. `complete` and `status` are independent; one saying completed without the other "
        "is told as a violation.",
    ),
    Decision(
        "After completion and cancellation",
        "assumed",
        "A completed request still takes status and alert, told as a violation (strict worlds refuse); "
        "complete: false opens it again. A cancelled one refuses both with 400/4006, its package can no "
        "longer change, and nobody is handed over for it; at any status short of that, people are.",
    ),
    Decision(
        "Cancelling",
        "documented",
        "A user may cancel in Studio while the plugin says cancellable.",
    ),
    Decision(
        "Cancelling a new request",
        "assumed",
        "Before the plugin says anything a request is cancellable, by any member of the owning organization. "
        "A complete one is not. Cancelling sends no webhook.",
    ),
    Decision(
        "While a plugin is inactive or its organization lacks the permission",
        "assumed",
        "Studio refuses whatever needs the plugin and says what to do first; every endpoint, logout included, "
        "answers 401/4013. What was issued before works again once the plugin does.",
    ),
    Decision(
        "Who may do what",
        "documented",
        "App owners start requests, members of the owning organization are handed over, its developers change "
        "distributions. An ATO plugin needs the organization's permission, an endpoint and a redirect URI, "
        "and has to be active.",
    ),
    Decision(
        "Who may report",
        "assumed",
        "A token counts for a request when its client is the request's plugin and its user belongs to the "
        "organization that owns the app; otherwise 403/4032. Basic counts for all requests of the plugin.",
    ),
    Decision(
        "Tokens",
        "observed",
        "Access tokens are HS256 JWTs with token, iat, exp, aud and iss; they live one day and are announced "
        'as `expires_in: "1d"`. motar.expires_in makes both a number of seconds, which standard OAuth clients '
        "need.",
    ),
    Decision(
        "Token rotation",
        "observed",
        "A refresh gives two new tokens and uses up the refresh token. The old access token lives until it "
        "expires (assumed). Codes live 10 minutes and refresh tokens 30 days (assumed, settable).",
    ),
    Decision(
        "Redirect URIs",
        "assumed",
        "They are compared character by character, at the sign-in page and at the token endpoint; a mismatch is "
        "400/4003 and shows where the two part. The parameters follow those that the registered URI has, with "
        "spaces as %20.",
    ),
    Decision(
        "Consent",
        "assumed",
        "A user is asked once for each client; motar.revoke_session with withdraw_consent makes MOTAR ask again. "
        "Tokens of a session that was revoked or logged out are 403/4034, after withdrawn consent 401/4019.",
    ),
    Decision(
        "Cancelled sign-in",
        "documented",
        "The redirect carries error=User cancelled request. and the state. motar.cancel_error changes the "
        "text, since older pages say access_denied.",
    ),
    Decision(
        "OAuth2 with PKCE",
        "documented",
        "S256 only. The challenge is base64 of a SHA-256, the verifier 43 to 128 characters. The page's expression "
        "for the verifier lets more characters through than RFC 7636, which is told, and by the letter no hyphen, "
        "which is taken all the same (assumed).",
    ),
    Decision(
        "Codes with and without a challenge",
        "assumed",
        "A code that was issued for a challenge needs its verifier at /oauth/token too. /oauth/v2/token refuses codes "
        "without a challenge, since nobody proves anything there without a secret; refresh tokens of every kind of "
        "session are taken, also without the secret.",
    ),
    Decision(
        "Errors of /oauth/v2",
        "assumed",
        "The object {error, error_description, message, error_number} is documented. HTTP statuses are RFC 6749's: 401 "
        "for a client that is not known, else 400. Unknown clients are 4013 as on the device page. The device token "
        "endpoint answers `number` beside `error_number`, because the page's samples have one or the other.",
    ),
    Decision(
        "Device flow",
        "documented",
        "A device code is a UUID, a user code eight capital letters, both live 600 seconds, polls are 5 seconds apart. "
        "verification_uri is this server's /activate instead of the vendor's. Numbers of slow_down (4001), "
        "access_denied (4019), expired_token and invalid_grant (4015) are assumed, and that approving gives consent.",
    ),
    Decision(
        "Basic login",
        "documented",
        "Only where a MOTAR administrator allows it: motar.allow_basic_login. Ordinary routes never take a user's "
        "Basic. It gives no consent (assumed).",
    ),
    Decision(
        "Launch with a code",
        "documented",
        "motar.launch_app answers the redirect to the Desktop Launch URI that motar.configure_launch sets (assumed: "
        "else to the first redirect URI). Its code is exchanged at /oauth/token without redirect_uri (observed); "
        "launching gives consent. The names of MOTAR's own parameters are cut on the page; studentId is assumed, and "
        "the code comes last.",
    ),
    Decision(
        "CAC associations",
        "assumed",
        "What is reported is stored and shown by motar.view_cac_associations, with the user who has that mail address. "
        "An edipi that is not ten digits is told. Any active plugin may report.",
    ),
    Decision(
        "Not emulated",
        "assumed",
        "AI plugins, anonymous users, training, leaderboards, app data, notifications, images, the Studio tooling API, "
        "and the refresh of a shared headset's session with a PIN, whose path is on no public page: calls there answer "
        "404 in MOTAR's shape and say so.",
    ),
)
