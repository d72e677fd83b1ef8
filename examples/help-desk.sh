#!/usr/bin/env bash
# The story of a help desk of three which shares two seats, told in calls to a running sandbox
# server. It is a tour of pools, sessions, calls and call links: read it from top to bottom, or
# run it and watch.
#
#   usher serve --sandbox                                     # in one terminal
#   usher operator create --email operator@example.com        # in another: prints a password
#   USHER_URL=http://127.0.0.1:8080 \
#   USHER_OPERATOR_EMAIL=operator@example.com USHER_OPERATOR_PASSWORD=… \
#     examples/help-desk.sh
#
# Needs bash, curl and jq, and a server without an account lead@example.com. Every answer is
# checked; the first surprise ends the script with an error.
set -euo pipefail

# call, expect, field, sign_in; $url, $token, $operator
source "$(dirname "$0")/lib/api.sh"

# minutes NUMBER: lets time pass. It is a sandbox, so its clock can be moved.
minutes() {
    token=''
    call POST /v1/sandbox/clock "{\"advance_seconds\": $(($1 * 60))}"
    expect 200
}

# --- A domain in good standing, as in named-seats.sh ------------------------------------------------

token=$operator
call PUT /v1/operator/prices '{"prices": {"EUR": {
    "domain_user": 400, "business": 600, "business_pro": 1200, "seat_license": 900}}}'
expect 200
token=''
call POST /v1/accounts '{"email": "lead@example.com", "password": "correct horse battery staple",
    "name": "Lead of the help desk"}'
expect 201
lead=$(sign_in lead@example.com 'correct horse battery staple')
token=$lead
call PUT /v1/me/plan '{"plan": "business"}'
expect 200
call POST /v1/domains '{"name": "Help desk", "prefix": "helpdesk"}'
expect 201
domain=/v1/domains/$(field .id)
call POST /v1/me/verification '{}'
expect 200
call GET /v1/me
account=$(field .account)
token=$operator
call POST "/v1/operator/verifications/$account" '{"decision": "approve"}'
expect 200
token=$lead
call PUT "$domain/billing" '{"name": "Help desk", "email": "billing@example.com",
    "currency": "EUR", "payment_method": "manual"}'
expect 200

# --- Two shared seats, and a base seat each while the three are made -----------------------------------

order='{"domain_user": 1, "seat_license": 2}'
call POST "$domain/seats/preview" "{\"order\": $order}"
expect 200
call PUT "$domain/seats" "{\"order\": $order, \"preview\": $(field .preview)}"
expect 200 '.seats.seat_license.ordered == 2'

# The first order of shared seats makes a pool with all of them.
call GET "$domain/pools"
expect 200 '.items[0] | .name == "Default Seat Pool" and .seats == 2 and .occupied == 0'
pool=$(field '.items[0].id')

# Whoever neither calls nor waits for a guest for a quarter of an hour is logged off.
call PATCH "$domain/pools/$pool" '{"name": "First line", "log_off_seconds": 900, "silence_seconds": null}'
expect 200 '.log_off_seconds == 900'

# Three users share the pool. A pool may have more users than seats.
declare -A user seat device
for name in ann bob cyd; do
    token=$lead
    call POST "$domain/users" "{\"email\": \"$name@example.com\", \"name\": \"$name\", \"add\": true,
        \"password\": \"another long pass phrase\"}"
    expect 201
    user[$name]=$(field .id)
    call PUT "$domain/users/${user[$name]}/license" "{\"model\": \"shared\", \"pool\": \"$pool\"}"
    expect 200 '.license.model == "shared"'
done

# log_in NAME: logs someone in to a seat, on a device of that name.
log_in() {
    token=$(sign_in "$1@example.com" 'another long pass phrase')
    call POST /v1/sessions "{\"device\": {\"id\": \"desk-of-$1\", \"name\": \"Desk of $1\"}}"
}

# seated NAME: what a log-in that went well gave.
seated() {
    expect 201 '.session.pool != null'
    seat[$1]=sessions/$(field .session.id)
    device[$1]=$(field .token)
}

# --- Two are in, the third is refused ------------------------------------------------------------------

log_in ann && seated ann
log_in bob && seated bob
log_in cyd
expect 409 '.code == "no_seat_available"'

# Ann calls. While she does, her clock stands still; Bob's runs.
call=cal_00000000000000000000000000000001
token=${device[ann]}
call POST "/v1/${seat[ann]}/calls" "{\"id\": \"$call\", \"direction\": \"made\"}"
expect 201
call PATCH "/v1/${seat[ann]}/calls/$call" '{"phase": "answered"}'
expect 200 '.log_off_at == null'
minutes 15
token=${device[bob]}
call GET "/v1/${seat[bob]}"
expect 410 '.code == "session_ended" and .ended.reason == "automatic_log_off"'
log_in cyd && seated cyd

# --- Waiting for a guest ----------------------------------------------------------------------------------

# Ann's call ends, and her clock starts anew. A call link stops it for as long as it is valid.
token=${device[ann]}
call PATCH "/v1/${seat[ann]}/calls/$call" '{"phase": "ended"}'
expect 200 '.call == null and .log_off_at != null'
token=$(sign_in ann@example.com 'another long pass phrase')
call POST /v1/me/call-links '{"guest_name": "Guest", "valid_seconds": 3600, "one_call": true}'
expect 201
link=$(field .url)
minutes 30
token=$lead
call GET "$domain/pools/$pool/sessions"
expect 200 '[.items[] | {name, waiting_for_guest}] == [{name: "ann", waiting_for_guest: true}]'

# The guest opens the link, and calls: Ann's device is told that it rings.
token=''
guest=/v1/call-links/${link##*/}
call GET "$guest"
expect 200
call POST "$guest/calls" '{}'
expect 201
rings=$(field .id)
token=${device[ann]}
call PATCH "/v1/${seat[ann]}/calls/$rings" '{"phase": "answered"}'
expect 200 '.call.by_link'

# --- An admin logs someone out -----------------------------------------------------------------------------

# Not in the middle of the call: when it ends. The device is told by whom.
token=$lead
call POST "$domain/${seat[ann]}/log-out" '{"after_call": true}'
expect 200 '.session.log_out_after_call'
token=${device[ann]}
call PATCH "/v1/${seat[ann]}/calls/$rings" '{"phase": "ended"}'
call GET "/v1/${seat[ann]}"
expect 410 ".ended.reason == \"logged_out\" and .ended.by == \"$account\""

# Her seat is free: Bob gets in.
log_in bob && seated bob
token=$lead
call GET "$domain/pools/$pool"
expect 200 '.occupied == 1'
echo 'Two seats, three people, and nobody sat on another.'
