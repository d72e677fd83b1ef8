"""Fuzzes a running sandbox server with schemathesis, as an owner, as the operator and as a stranger.

Makes a domain in good standing with a few users first, so that requests reach past "not found".
Ends with 1 when an answer was a 5xx, had an undocumented status, content type or header, or a
body that its schema forbids.
"""

import argparse
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
]
# These end the caller's own token, or move the clock past its end.
ENDS_THE_CALLERS_TOKEN = ["/v1/logout", "/v1/sandbox/clock"]


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
    owner_token, ids = make_a_world(arguments.url, operator)
    callers = [
        ("owner", owner_token, ids),
        ("operator", arguments.token, ids),
        ("stranger", None, {}),
    ]
    failed = [name for name, token, ids in callers if not fuzz(arguments, name, token, ids)]
    if failed:
        sys.exit(f"the fuzz found something as {', '.join(failed)}")


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--token", required=True, help="an operator's")
    parser.add_argument("--examples", type=int, required=True, help="per operation")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--folder", type=pathlib.Path, required=True, help="for reports")
    return parser.parse_args()


def make_a_world(url, operator):
    """A domain with seats and users; gives its owner's token and the ids in it."""
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
    order = {"domain_user": 2000, "business": 1000, "business_pro": 1000}
    preview = owner.call("POST", f"{base}/seats/preview", {"order": order})["preview"]
    owner.call("PUT", f"{base}/seats", {"order": order, "preview": preview})
    users = [
        owner.call("POST", f"{base}/users", {"email": f"fuzz{number}@example.com", "add": True})["id"]
        for number in range(5)
    ]
    return token, {"domain": domain, "user": users[0]}


def fuzz(arguments, name, token, ids):
    folder = arguments.folder / name
    folder.mkdir(exist_ok=True)
    settings = folder / "schemathesis.toml"
    settings.write_text(settings_text(arguments, token, ids))
    program = pathlib.Path(sys.executable).with_name("schemathesis")
    command = [program, "--config-file", settings, "run", f"{arguments.url}/v1/openapi.json"]
    print(f"--- as {name}", flush=True)
    return subprocess.run(command, cwd=folder, check=False).returncode == 0


def settings_text(arguments, token, ids):
    """The settings of one run, in the words of schemathesis' own file format."""
    lines = [
        f"seed = {arguments.seed}",
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
    if token:
        lines += ["[headers]", f"Authorization = {json.dumps('Bearer ' + token)}"]
        lines += ["[parameters]"]
        lines += [f"'path.{name}' = {json.dumps(value)}" for name, value in ids.items()]
        paths = json.dumps(ENDS_THE_CALLERS_TOKEN)
        lines += ["[[operations]]", f"include-path = {paths}", "enabled = false"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
