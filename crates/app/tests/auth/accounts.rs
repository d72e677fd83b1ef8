//! Who am I, own plan, verification; and what a managed account may do to itself.

use std::collections::BTreeMap;

use usher_app::Ask;
use usher_app::accounts::{Rename, SetPlan, StartVerification};
use usher_app::domains::{ActivateBilling, OpenDomain};
use usher_app::operator::{DecideVerification, SetPrices};
use usher_app::seats::{Preview, SetOrder};
use usher_app::tokens::MakeToken;
use usher_app::users::{CreateUser, Mode, NewUser, Step, TakeStep};
use usher_rules::accounts::{Identity, Place};
use usher_rules::billing::PaymentMethod;
use usher_rules::prices::Currency;
use usher_rules::roles::{Permission, Permissions};
use usher_rules::seats::{PerKind, SeatKind, When};
use usher_rules::standing::State;
use usher_rules::tiers::Tier;
use usher_rules::{AccountId, DomainId, Head, Refusal, UserId};
use usher_store::Store;

use crate::world::{ANN, PASSWORD, Server, answer, with};

const BOB: &str = "bob@example.com";

/// Ann, who owns a domain in good standing with five domain user seats.
struct Owner {
    account: AccountId,
    ask: Ask,
    domain: DomainId,
}

impl Server {
    async fn operator(&self) -> Ask {
        let email = "operator@example.com".to_owned();
        let made = self.app.new_operator(email.clone(), PASSWORD.to_owned());
        made.await.unwrap();
        with(&self.log_in(&email, PASSWORD).await.unwrap().text)
    }

    async fn owner(&self) -> Owner {
        let operator = self.operator().await;
        let currency = Currency::from_code("EUR").unwrap();
        let prices = BTreeMap::from([(currency, PerKind([400, 600, 1200, 900]))]);
        self.run(&operator, SetPrices { from: None, prices })
            .await
            .unwrap();
        let (account, ask) = self.ann().await;
        let plan = Tier::Business;
        self.run(&ask, SetPlan { account, plan }).await.unwrap();
        self.run(&ask, StartVerification { account }).await.unwrap();
        let verdict = DecideVerification {
            account,
            approve: true,
            reason: None,
        };
        self.run(&operator, verdict).await.unwrap();
        let domain = OpenDomain {
            owner: account,
            name: "Example".to_owned(),
            prefix: "example".to_owned(),
        };
        let domain = self.run(&ask, domain).await.unwrap().domain.id;
        let billing = ActivateBilling {
            domain,
            name: "Example".to_owned(),
            email: "bills@example.com".to_owned(),
            currency,
            zone: None,
            method: PaymentMethod::Manual,
        };
        self.run(&ask, billing).await.unwrap();
        self.order(&ask, domain).await;
        Owner {
            account,
            ask,
            domain,
        }
    }

    async fn order(&self, ask: &Ask, domain: DomainId) {
        let mut numbers = PerKind::default();
        *numbers.get_mut(SeatKind::DomainUser) = Some(5);
        let preview = Preview {
            domain,
            numbers,
            when: When::Now,
            currency: None,
        };
        let preview = self.app.look(ask, &preview).await.unwrap();
        let order = SetOrder {
            domain,
            numbers,
            when: When::Now,
            expected: preview.expected,
        };
        self.run(ask, order).await.unwrap();
    }

    /// Adds Bob with these permissions; gives his log-in.
    async fn add_bob(&self, owner: &Owner, permissions: Permissions) -> (UserId, Ask) {
        let hash = self.app.hash_password(PASSWORD.to_owned()).await.unwrap();
        let case = CreateUser {
            domain: owner.domain,
            new: NewUser {
                email: BOB.to_owned(),
                name: "Bob".to_owned(),
                permissions,
                password: Some(hash),
                ..NewUser::default()
            },
            mode: Mode::Add,
        };
        let line = self.run(&owner.ask, case).await.unwrap();
        let log_in = self.log_in(BOB, PASSWORD).await.unwrap();
        (line.user.id, with(&log_in.text))
    }
}

#[tokio::test]
async fn c2_an_own_plan_is_chosen_and_shown() {
    let server = Server::new();
    let (account, ask) = server.ann().await;
    let plan = Tier::BusinessPro;
    let changed = server.run(&ask, SetPlan { account, plan }).await.unwrap();
    assert_eq!(changed.place, Place::Unmanaged { plan });
    let me = server.me(&ask).await.unwrap();
    assert_eq!((me.email.as_str(), me.name.as_str()), (ANN, "Ann"));
    assert_eq!(me.entitlements.tier, plan);
    assert!(me.managed.is_none() && me.owns.is_none());
}

#[tokio::test]
async fn c5_a_lower_plan_lapses_the_owned_domain_in_the_same_commit() {
    let server = Server::new();
    let owner = server.owner().await;
    let standing = async || {
        server
            .me(&owner.ask)
            .await
            .unwrap()
            .owns
            .unwrap()
            .standing
            .state
    };
    assert_eq!(standing().await, State::Good);
    let journal = async || {
        let journal = server
            .store
            .journal(Head::Domain(owner.domain), 0, 100)
            .await;
        journal.unwrap().len()
    };
    let (account, before) = (owner.account, journal().await);
    let plan = Tier::Base;
    server
        .run(&owner.ask, SetPlan { account, plan })
        .await
        .unwrap();
    assert!(
        journal().await > before,
        "the lapse is in the domain's journal"
    );
    assert_eq!(standing().await, State::Lapsed);
    let plan = Tier::Business;
    server
        .run(&owner.ask, SetPlan { account, plan })
        .await
        .unwrap();
    assert_eq!(standing().await, State::Good);
}

#[tokio::test]
async fn g7_verification_is_asked_for_once() {
    let server = Server::new();
    let (account, ask) = server.ann().await;
    for _ in 0..2 {
        let state = server.run(&ask, StartVerification { account }).await;
        assert_eq!(state, Ok(Identity::Pending));
    }
    let (_, stranger) = server.person(BOB).await;
    let refused = server.run(&stranger, StartVerification { account }).await;
    assert_eq!(refused, Err(Refusal::NotAllowed));
}

#[tokio::test]
async fn d1_a_managed_account_sees_its_domain_and_has_no_plan_of_its_own() {
    let server = Server::new();
    let owner = server.owner().await;
    let (user, bob) = server.add_bob(&owner, Permissions::default()).await;
    let me = server.me(&bob).await.unwrap();
    let managed = me.managed.unwrap();
    assert_eq!(managed.user.id, user);
    assert_eq!(managed.domain.prefix, "example");
    let (account, plan) = (me.account.id, Tier::Business);
    let refused = server.run(&bob, SetPlan { account, plan }).await;
    assert!(matches!(refused, Err(Refusal::WrongState { .. })));
    let (domain, user) = (owner.domain.to_string(), user.to_string());
    let claims = server.checked(&server.token(&bob).await).await.unwrap();
    assert_eq!(
        (&claims["domain"], &claims["user"]),
        (&domain.into(), &user.into())
    );
}

#[tokio::test]
async fn d3_permissions_decide_what_a_member_may_change() {
    let server = Server::new();
    let owner = server.owner().await;
    let permissions = Permissions::NONE.with(Permission::Developer);
    let (_, bob) = server.add_bob(&owner, permissions).await;
    let account = server.me(&bob).await.unwrap().account.id;

    let name = "Robert".to_owned();
    let refused = server.run(&bob, Rename { account, name }).await;
    assert_eq!(refused, Err(Refusal::NotAllowed));
    let change = answer(|render| {
        let (current, new) = (PASSWORD.to_owned(), "battery staple".to_owned());
        server
            .app
            .change_password(bob.clone(), current, new, render)
    });
    assert_eq!(change.await, Err(Refusal::NotAllowed));
    let email = BOB.to_owned();
    let asked = answer(|render| server.app.request_reset(Ask::default(), email, render)).await;
    assert_eq!(
        asked,
        Ok(()),
        "the answer is the same, but no link goes out"
    );
    let lines = server.mail_lines().await;
    assert!(!lines.contains(&format!("password_reset {BOB}")));

    let wanted = MakeToken {
        name: "script".to_owned(),
        read_only: true,
        expires_in_seconds: None,
    };
    let make = |ask: &Ask| {
        let (ask, wanted) = (ask.clone(), wanted.clone());
        answer(|render| server.app.make_token(ask, wanted, render))
    };
    assert!(make(&bob).await.is_ok());
    assert!(make(&owner.ask).await.is_ok());
}

#[tokio::test]
async fn d3_a_member_without_developer_settings_makes_no_token() {
    let server = Server::new();
    let owner = server.owner().await;
    let (_, bob) = server.add_bob(&owner, Permissions::default()).await;
    let wanted = MakeToken {
        name: "script".to_owned(),
        read_only: true,
        expires_in_seconds: None,
    };
    let made = answer(|render| server.app.make_token(bob.clone(), wanted, render)).await;
    assert_eq!(made.err(), Some(Refusal::NotAllowed));
    let account = server.me(&bob).await.unwrap().account.id;
    let name = "Robert".to_owned();
    let renamed = server.run(&bob, Rename { account, name }).await;
    assert_eq!(renamed, Ok("Robert".to_owned()));
}

#[tokio::test]
async fn a7_a_suspended_user_does_not_get_in() {
    let server = Server::new();
    let owner = server.owner().await;
    let (user, bob) = server.add_bob(&owner, Permissions::default()).await;
    let step = TakeStep {
        domain: owner.domain,
        user,
        step: Step::Suspend,
    };
    server.run(&owner.ask, step).await.unwrap();
    assert_eq!(server.me(&bob).await.err(), Some(Refusal::NotAllowed));
    assert_eq!(
        server.log_in(BOB, PASSWORD).await.err(),
        Some(Refusal::NotAllowed)
    );
    let refused = server.log_in(BOB, "wrong horse").await.err();
    assert_eq!(refused, Some(Refusal::WrongCredentials));
    let refused = server.app.entitlement_token(&bob).await.err();
    assert_eq!(refused, Some(Refusal::NotAllowed.into()));
}
