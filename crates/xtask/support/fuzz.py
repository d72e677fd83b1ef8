"""Fuzzes a running sandbox server with schemathesis, as an owner, as the operator and as a stranger.

Makes a domain in good standing with a few users first, so that requests reach past "not found".
Ends with 1 when an answer was a 5xx, had an undocumented status, content type or header, or a
body that its schema forbids; when bad input was taken for good; when somebody got past
signing in; or when nothing made up got through where a schema says too little to make up much
(`fuzz_data.py`).
"""

import argparse
import dataclasses
import json
import pathlib
import subprocess
import sys

import requests

PASSWORD = "correct horse battery staple"
CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "missing_required_header",
    "unsupported_method",
    "allow_header_conformance",
    "ignored_auth",
    "object_level_authorization",
    "use_after_free",
    "ensure_resource_availability",
]
# What `fuzz_data.py` makes data for.
MADE_UP = "/v1/domains/{domain}/users/import"
DATA = pathlib.Path(__file__).with_name("fuzz_data.py")
# These end the caller's own token, or move the clock past its end.
ENDS_THE_TOKEN = ["POST /v1/logout", "POST /v1/sandbox/clock"]
# These take away what the rest needs: the domain, or the user whose id is given.
ENDS_THE_WORLD = [
    "DELETE /v1/domains/{domain}",
    "PUT /v1/domains/{domain}/owner",
    "DELETE /v1/domains/{domain}/users/{user}",
    "POST /v1/domains/{domain}/users/{user}/move",
    "DELETE /v1/sessions/{session}",
    "POST /v1/domains/{domain}/sessions/{session}/log-out",
]
# What the token of a session is for.
AT_THE_DESK = [
    "GET /v1/sessions/{session}",
    "POST /v1/sessions/{session}/heartbeat",
    "POST /v1/sessions/{session}/calls",
    "PATCH /v1/sessions/{session}/calls/{call}",
]
# Of a stream nothing more may come for long; and a header that nobody knows is no bad data.
STREAMS = [
    "GET /v1/domains/{domain}/events",
    "GET /v1/domains/{domain}/pools/{pool}/events",
    "GET /v1/sessions/{session}/events",
    "GET /v1/domains/{domain}/users/{user}/waiting/events",
]
STREAM_SECONDS = 2


@dataclasses.dataclass
class Fuzz:
    """One run: who calls, with which ids in the paths, and which operations."""

    name: str
    token: str | None = None
    ids: dict = dataclasses.field(default_factory=dict)
    without: list = dataclasses.field(default_factory=list)
    only: list = dataclasses.field(default_factory=list)


class Caller:
    def __init__(self, url, token=None):
        self.url = url
        self.session = requests.Session()
        if token:
            self.session.headers["Authorization"] = f"Bearer {token}"

    def call(self, method, path, body=None):
        answer = self.session.request(method, self.url + path, json=body, timeout=30)
        if not answer.ok:
            sys.exit(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json() if answer.content else None


def main():
    arguments = parse()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    operator = Caller(arguments.url, arguments.token)
    owner_token, device_token, ids = make_a_world(arguments.url, operator)
    most = ENDS_THE_TOKEN + ENDS_THE_WORLD
    callers = [
        Fuzz("owner", owner_token, ids, without=most),
        Fuzz("operator", arguments.token, ids, without=most),
        Fuzz("device", device_token, ids, only=AT_THE_DESK),
        Fuzz("leaving-owner", owner_token, ids, only=ENDS_THE_WORLD),
        Fuzz("stranger"),
    ]
    failed = [caller.name for caller in callers if not fuzz(arguments, caller)]
    if failed:
        sys.exit(f"the fuzz found something as {', '.join(failed)}")
    if not got_through(arguments.url, MADE_UP):
        sys.exit(f"no request of the fuzz got through at {MADE_UP}")


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--token", required=True, help="an operator's")
    parser.add_argument("--examples", type=int, required=True, help="per operation")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--folder", type=pathlib.Path, required=True, help="for reports")
    return parser.parse_args()


def make_a_world(url, operator):
    """A domain with seats, users, and someone at a desk; gives the owner's token, the
    device's, and the ids in the domain."""
    prices = {"domain_user": 400, "business": 600, "business_pro": 1200, "seat_license": 900}
    operator.call("PUT", "/v1/operator/prices", {"prices": {"EUR": prices}})
    who = {"email": "fuzz-owner@example.com", "password": PASSWORD}
    stranger = Caller(url)
    stranger.call("POST", "/v1/accounts", {**who, "name": "Owner of the fuzzed domain"})
    token = stranger.call("POST", "/v1/login", who)["token"]
    owner = Caller(url, token)
    owner.call("PUT", "/v1/me/plan", {"plan": "business"})
    owner.call("POST", "/v1/me/verification", {})
    for request in operator.call("GET", "/v1/operator/verifications")["items"]:
        path = f"/v1/operator/verifications/{request['account']}"
        operator.call("POST", path, {"decision": "approve"})
    domain = owner.call("POST", "/v1/domains", {"name": "Fuzzed", "prefix": "fuzzed"})["id"]
    base = f"/v1/domains/{domain}"
    billing = {"name": "Fuzzed", "email": "fuzz@example.com"}
    owner.call("PUT", f"{base}/billing", {**billing, "currency": "EUR", "payment_method": "manual"})
    order = {"domain_user": 2000, "business": 1000, "business_pro": 1000, "seat_license": 100}
    preview = owner.call("POST", f"{base}/seats/preview", {"order": order})["preview"]
    owner.call("PUT", f"{base}/seats", {"order": order, "preview": preview})
    users = [
        owner.call("POST", f"{base}/users", {"email": f"fuzz{number}@example.com", "add": True})["id"]
        for number in range(5)
    ]
    pool = owner.call("GET", f"{base}/pools")["items"][0]["id"]
    team = owner.call("POST", f"{base}/teams", {"name": "Desk"})["id"]
    agent = {"email": "fuzz-agent@example.com", "password": PASSWORD}
    user = owner.call("POST", f"{base}/users", {**agent, "add": True})["id"]
    license = {"model": "shared", "pool": pool}
    owner.call("PUT", f"{base}/users/{user}/license", license)
    seated = Caller(url, stranger.call("POST", "/v1/login", agent)["token"])
    desk = {"device": {"id": "desk", "name": "Desk"}}
    desk = seated.call("POST", "/v1/sessions", desk)
    ids = {"domain": domain, "user": users[0], "pool": pool, "team": team}
    ids["session"] = desk["session"]["id"]
    return token, desk["token"], ids


def got_through(url, route):
    """Whether any answer there was a 200, as the server counts them."""
    lines = requests.get(f"{url}/metrics", timeout=30).text.splitlines()
    answers = (line for line in lines if line.startswith("usher_http_requests_total{"))
    return any(f'route="{route}"' in line and 'status="200"' in line for line in answers)


def fuzz(arguments, caller):
    folder = arguments.folder / caller.name
    folder.mkdir(exist_ok=True)
    settings = folder / "schemathesis.toml"
    settings.write_text(settings_text(arguments, caller))
    program = pathlib.Path(sys.executable).with_name("schemathesis")
    command = [program, "--config-file", settings, "run", f"{arguments.url}/v1/openapi.json"]
    for operation in caller.only:
        command += ["--include-name", operation]
    print(f"--- as {caller.name}", flush=True)
    return subprocess.run(command, cwd=folder, check=False).returncode == 0


def settings_text(arguments, caller):
    """The settings of one run, in the words of schemathesis' own file format."""
    lines = [
        f"seed = {arguments.seed}",
        f"hooks = {json.dumps(str(DATA.resolve()))}",
        "continue-on-failure = true",
        "request-timeout = 30",
        "max-stream-events = 2",
        "[generation]",
        f"max-examples = {arguments.examples}",
        "database = 'none'",
        "no-shrink = true",
        "[phases]",
        "stateful.enabled = false",
        "[checks]",
        "enabled = false",
    ]
    lines += [f"{check}.enabled = true" for check in CHECKS]
    if caller.token:
        lines += ["[headers]", f"Authorization = {json.dumps('Bearer ' + caller.token)}"]
    lines += ["[parameters]"]
    lines += [f"'path.{name}' = {json.dumps(value)}" for name, value in caller.ids.items()]
    for stream in STREAMS:
        lines += [
            "[[operations]]",
            f"include-name = {json.dumps(stream)}",
            f"request-timeout = {STREAM_SECONDS}",
            "checks.negative_data_rejection.enabled = false",
        ]
    for operation in caller.without:
        lines += ["[[operations]]", f"include-name = {json.dumps(operation)}", "enabled = false"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
