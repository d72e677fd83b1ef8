// Forms behind the links in mails. The token is the last part of the address.
const token = location.pathname.split("/").pop();
const form = document.querySelector("form");
const said = document.getElementById("said");

async function ask(method, path, body) {
  const answer = await fetch(path, {
    method,
    headers: body && { "content-type": "application/json" },
    body: body && JSON.stringify(body),
  });
  const text = await answer.text();
  return { ok: answer.ok, json: text ? JSON.parse(text) : {} };
}

function problem({ errors, detail }) {
  return errors ? errors.map((e) => `${e.field}: ${e.detail}`).join(". ") : detail;
}

const kinds = {
  join: {
    path: `/v1/invitations/${token}/accept`,
    done: "You have joined. Sign in with your address and password.",
  },
  reset: {
    path: `/v1/password-resets/${token}`,
    done: "Your password is changed. Sign in with the new one.",
  },
};
const kind = kinds[form.dataset.link];

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { ok, json } = await ask("POST", kind.path, Object.fromEntries(new FormData(form)));
  form.hidden = ok;
  said.textContent = ok ? kind.done : problem(json);
});

if (form.dataset.link === "join") {
  const { ok, json } = await ask("GET", `/v1/invitations/${token}`);
  const about = document.getElementById("about");
  about.textContent = ok
    ? `You are invited to ${json.domain_name}.`
    : "This invitation is no longer open. Ask for a new one.";
  form.hidden = !ok;
  if (ok) form.elements.email.value = json.email;
}
