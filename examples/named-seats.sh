#!/usr/bin/env bash
# The story of the 20 staff and the 3 business seats, told in calls to a running sandbox server.
# It is a tour of the API too: read it from top to bottom, or run it and watch.
#
#   usher serve --sandbox                                     # in one terminal
#   usher operator create --email operator@example.com        # in another: prints a password
#   USHER_URL=http://127.0.0.1:8080 \
#   USHER_OPERATOR_EMAIL=operator@example.com USHER_OPERATOR_PASSWORD=… \
#     examples/named-seats.sh
#
# Needs bash, curl and jq, and a server without an account owner@example.com. Every answer is
# checked; the first surprise ends the script with an error.
set -euo pipefail

# call, expect, field, sign_in; $url, $token, $operator
source "$(dirname "$0")/lib/api.sh"

# --- The operator, who runs the server ------------------------------------------------------------

# Prices are per seat and month, in the currency's smallest unit: 400 is € 4.00.
token=$operator
call PUT /v1/operator/prices '{"prices": {"EUR": {
    "domain_user": 400, "business": 600, "business_pro": 1200, "seat_license": 900}}}'
expect 200

# Anyone may read the price book.
token=''
call GET /v1/prices
expect 200

# --- The owner signs up and meets what standing asks for --------------------------------------------

call POST /v1/accounts '{"email": "owner@example.com", "password": "correct horse battery staple",
    "name": "Owner of Example"}'
expect 201 '.email == "owner@example.com"'
owner=$(sign_in owner@example.com 'correct horse battery staple')
token=$owner

# A domain: a set of users with one owner. Its prefix is what people name when they join.
call POST /v1/domains '{"name": "Example Ltd", "prefix": "example"}'
expect 201 '.standing.state == "incomplete"'
domain=/v1/domains/$(field .id)

# It can't be operated yet, and the refusal lists everything that is missing.
call POST "$domain/users" '{"email": "too.early@example.com", "add": true}'
expect 403 '.code == "not_in_standing"'

# First: a plan of one's own, Business or Business Pro.
call PUT /v1/me/plan '{"plan": "business"}'
expect 200

# Second: identity. The owner asks, the operator looks and approves.
call POST /v1/me/verification '{}'
expect 200 '.state == "pending"'
token=$operator
call GET /v1/operator/verifications
expect 200
call POST "/v1/operator/verifications/$(field '.items[0].account')" '{"decision": "approve"}'
expect 200

# Third: billing. The domain is a cost centre of its own.
token=$owner
call PUT "$domain/billing" '{"name": "Example Ltd", "email": "billing@example.com",
    "currency": "EUR", "payment_method": "manual"}'
expect 200
call GET "$domain"
expect 200 '.standing.state == "good"'

# --- The order: 20 domain user seats and 3 business seats --------------------------------------------

# A preview says what a change does and costs, and changes nothing.
order='{"domain_user": 20, "business": 3}'
call POST "$domain/seats/preview" "{\"order\": $order}"
expect 200 '.preview.total_per_period == 20 * 400 + 3 * 600'

# The change carries what its preview gave: had a price moved since, it would be refused.
call PUT "$domain/seats" "{\"order\": $order, \"preview\": $(field .preview)}"
expect 200 '.seats.domain_user.available == 20 and .seats.business.available == 3'

# --- Twenty staff --------------------------------------------------------------------------------

# The first is invited by e-mail. A pending invitation holds its seat.
call POST "$domain/users" '{"email": "staff1@example.com", "description": "Front desk"}'
expect 201 '.state == "invited"'
call GET "$domain/seats"
expect 200 '.seats.domain_user.in_use == 1'

# A sandbox keeps the mails that it would have sent. Joining takes the mailed token, the same
# e-mail address and the domain's prefix.
call GET /v1/sandbox/mail
expect 200
invitation=$(field '[.items[] | select(.to == "staff1@example.com")][0].text' |
    grep --only-matching --max-count=1 --extended-regexp 'inv_[A-Za-z0-9_-]+')
token=''
call POST "/v1/invitations/$invitation/accept" '{"email": "staff1@example.com", "domain_prefix": "example",
    "name": "Front desk", "password": "another long pass phrase"}'
expect 200

# The others are added directly: all is given by the admin, nobody is notified.
token=$owner
for number in $(seq 2 20); do
    call POST "$domain/users" "{\"email\": \"staff$number@example.com\", \"add\": true}"
    expect 201 '.license == {"model": "named", "tier": "base"}'
done

# Every seat is taken now.
call POST "$domain/users" '{"email": "staff21@example.com", "add": true}'
expect 409 '.code == "no_seat_available"'

# --- Three are upgraded, one by one --------------------------------------------------------------

call GET "$domain/users?limit=20&sort=created"
expect 200 '.items | length == 20'
mapfile -t staff < <(field '.items[].id')
for user in "${staff[@]:0:3}"; do
    call PUT "$domain/users/$user/license" '{"model": "named", "tier": "business"}'
    expect 200 '.license.tier == "business"'
done

# The upgrade sits on top of the base seat; the other seventeen are untouched.
call GET "$domain/seats"
expect 200 '.seats.domain_user.in_use == 20 and .seats.business.in_use == 3'
call GET "$domain/users?tier=base"
expect 200 '.items | length == 17'

# A fourth upgrade finds no seat, and changes nothing.
fourth=${staff[3]}
call PUT "$domain/users/$fourth/license" '{"model": "named", "tier": "business"}'
expect 409 '.code == "no_seat_available"'
call GET "$domain/users/$fourth/entitlements"
expect 200 '.tier == "base"'

# --- And on: seat counts can be changed at any time -------------------------------------------------

# Fewer than are in use is refused …
order='{"business": 2}'
call POST "$domain/seats/preview" "{\"order\": $order}"
expect 200
call PUT "$domain/seats" "{\"order\": $order, \"preview\": $(field .preview)}"
expect 409 '.code == "below_use"'

# … or scheduled for the end of the billing period, on request.
call POST "$domain/seats/preview" "{\"order\": $order, \"when\": \"period_end\"}"
expect 200
call PUT "$domain/seats" "{\"order\": $order, \"when\": \"period_end\", \"preview\": $(field .preview)}"
expect 200 '.seats.business.ordered == 3 and .seats.business.scheduled.quantity == 2'

# More takes effect at once, and replaces what was scheduled.
order='{"business": 4}'
call POST "$domain/seats/preview" "{\"order\": $order}"
expect 200
call PUT "$domain/seats" "{\"order\": $order, \"preview\": $(field .preview)}"
expect 200 '.seats.business.available == 1 and .seats.business.scheduled == null'
call PUT "$domain/users/$fourth/license" '{"model": "named", "tier": "business"}'
expect 200

# Removing a user frees every seat that it used, in the same step.
call DELETE "$domain/users/$fourth"
expect 204
call GET "$domain/seats"
expect 200 '.seats.domain_user.in_use == 19 and .seats.business.in_use == 3'

echo 'The story holds.'
