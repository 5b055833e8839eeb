#!/usr/bin/env bash
# A test of a plugin in a page of curl:   ./curl.sh [EMULATOR]     (start one with: mockserver serve)
#
# `call` ends the script when the emulator says no, and prints what it said: what was expected, and what came instead.
set -euo pipefail
emulator=${1:-http://127.0.0.1:8600}
world=$emulator/_mock/worlds/curl-example

call() { curl --silent --show-error --fail-with-body --header 'Content-Type: application/json' "$@" || { echo; exit 1; } >&2; }
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" <<<"$2"; }

# 1. A world of its own, frozen in time; what an earlier run left behind is dropped. The answer holds the base URL and
#    the credentials that the plugin has in this world.
curl --silent --output /dev/null --request DELETE "$world"
made=$(call "$emulator/_mock/worlds" --data '{"name": "curl-example", "clock": {"mode": "frozen"}}')

# 2. The plugin, which prints where it listens; and MOTAR is told that.
exec 3< <(MOTAR_URL=$(field base_url "$made") CLIENT_ID=$(field client_id "$made") \
    CLIENT_SECRET=$(field client_secret "$made") exec python3 "$(dirname "$0")/plugin/ato_plugin.py")
plugin=$!
trap 'kill "$plugin"; curl --silent --request DELETE "$world"' EXIT
read -r url <&3
call "$world/actions/motar.configure_plugin" --output /dev/null \
    --data "{\"request_endpoint\": \"$url/ato/requests\", \"redirect_uris\": [\"$url/callback\"]}"

# 3. Olivia starts an ATO request in Studio, and the plugin has to accept the webhook.
started=$(call "$world/actions/motar.start_ato_request" --data '{}')
request=$(field request_id "$started")
call "$world/journal/wait" --output /dev/null \
    --data '{"match": {"kind": "delivery", "path": "/ato/requests", "status": 200}, "timeout": 5}'

# 4. She goes on to the plugin and signs in, without a browser; the plugin has to report the request as in progress.
call "$world/actions/motar.sign_in" --output /dev/null --data '{"user": "@olivia", "visit": true}'
call "$world/journal/wait" --output /dev/null --data '{
    "match": {"method": "POST", "path": "/plugin/v1/ato/status", "status": 200,
              "body": {"requestId": "'"$request"'", "status": "in-progress"}}, "timeout": 5}'

# 5. A code that is a day old must not work any more: time is moved, not waited for.
late=$(field redirect_url "$(call "$world/actions/motar.sign_in" --data '{"user": "@olivia"}')")
call "$world/clock/advance" --output /dev/null --data '{"by": "25h"}'
call "$world/actions/motar.open_redirect" --output /dev/null --data "{\"url\": \"$late\"}"
call "$world/settle" --output /dev/null --data '{"timeout": 5}'
call "$world/journal/verify" --output /dev/null --data '{"match": {"path": "/oauth/token", "status": 200}, "count": 1}'
call "$world/journal/verify" --output /dev/null --data '{"match": {"path": "/oauth/token", "status": "4xx"}, "count": 1}'
echo "passed: the plugin took request $request, reported it, and did not accept an old code"
