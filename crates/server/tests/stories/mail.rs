//! Invitations by e-mail (rule D1), through an SMTP server that others wrote.

use crate::harness::smtp::Smtp;
use crate::harness::world::{self, World};
use crate::harness::{Place, Server};
use serde_json::{Value, json};

const GUEST: &str = "invited@example.com";

#[test]
fn d1_an_invitation_reaches_the_mailbox_and_is_accepted_with_what_it_says() {
    let place = Place::sqlite();
    let mut smtp = Smtp::start();
    let from = "seats@example.com";
    // A sandbox keeps its mails, so this is none.
    let options = ["--smtp-url", &smtp.url, "--mail-from", from];
    let server = Server::start_for_real(&place, &options);
    let world = World::new(&place, &server);
    world.order(&json!({ "domain_user": 1 }));

    let invitation = json!({ "email": GUEST, "description": "Front desk" });
    let path = world.path("/users");
    let invited = world.owner.post(&path, &invitation).expect(201);
    assert_eq!(invited["state"], "invited");

    let mail = invitation_among(&mut smtp);
    assert_eq!(mail["from"], from);
    let text = mail["text"].as_str().expect("a text part");
    assert!(
        text.contains("example"),
        "names the domain's prefix: {text}"
    );
    let token = token_of(text);

    let accept = format!("/v1/invitations/{token}/accept");
    let wrong = acceptance("not-the-prefix");
    let refused = server.client().post(&accept, &wrong);
    assert!((400..500).contains(&refused.status), "{}", refused.body);
    let joined = server.client().post(&accept, &acceptance("example"));
    assert!(joined.is_success(), "{}", joined.body);

    let user = world.users().pop().expect("the user");
    assert_eq!(user["email"], GUEST);
    assert_eq!(user["state"], "active");
    server.client().logged_in(GUEST, world::PASSWORD);
}

/// Signing up and the like may send mails too.
fn invitation_among(smtp: &mut Smtp) -> Value {
    loop {
        let mail = smtp.next();
        if mail["to"] == json!([GUEST]) {
            return mail;
        }
    }
}

/// The mailed token, which is also the end of the link.
fn token_of(text: &str) -> &str {
    let is_of_a_token = |letter: char| letter.is_ascii_alphanumeric() || "_-".contains(letter);
    text.split(|letter| !is_of_a_token(letter))
        .find(|word| word.starts_with("inv_"))
        .unwrap_or_else(|| panic!("a token: {text}"))
}

fn acceptance(prefix: &str) -> Value {
    json!({
        "domain_prefix": prefix, "email": GUEST, "name": "Front desk",
        "password": world::PASSWORD,
    })
}
