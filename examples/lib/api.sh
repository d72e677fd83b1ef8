# What the examples call the API with; each begins with this. They run with `set -euo pipefail`.

url=${USHER_URL:?the address of a running sandbox server}
token=''

# call METHOD PATH [BODY]: sends a request as whoever $token belongs to. The status is in $status
# afterwards, the body in $answer.
call() {
    local body=()
    [ $# -lt 3 ] || body=(--json "$3")
    local auth=()
    [ -z "$token" ] || auth=(--header "Authorization: Bearer $token")
    echo "$1 $2 ${3-}"
    answer=$(curl --silent --show-error --request "$1" "${auth[@]}" "${body[@]}" \
        --write-out '\n%{http_code}' "$url$2")
    status=${answer##*$'\n'}
    answer=${answer%$'\n'*}
}

# expect STATUS [FILTER]: the last answer has this status, and the jq filter holds for its body.
expect() {
    if [ "$status" = "$1" ] && jq --exit-status "${2:-true}" >/dev/null <<<"${answer:-null}"; then
        echo "  → $status"
    else
        echo "  → $status, but expected $1 ${2-}: $answer" >&2
        exit 1
    fi
}

# field FILTER: one value of the last answer.
field() {
    jq --raw-output "$1" <<<"$answer"
}

# sign_in EMAIL PASSWORD: prints the token of whoever signs in.
sign_in() {
    curl --silent --show-error --fail-with-body "$url/v1/login" \
        --json "{\"email\": \"$1\", \"password\": \"$2\"}" | jq --raw-output .token
}

# The operator's token: as it is given, or by signing in.
operator=${USHER_OPERATOR_TOKEN:-$(sign_in "${USHER_OPERATOR_EMAIL:-}" "${USHER_OPERATOR_PASSWORD:-}")}
