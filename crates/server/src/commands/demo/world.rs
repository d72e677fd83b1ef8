//! The demo's world: a reseller, a sub-reseller below it, and below that an end user's
//! domain with 20 staff, three of them on Business seats: the story of the seats. Its help
//! desk is [`super::desk`]'s.
//!
//! Made through the same use cases as anything else, so nothing in it can be wrong.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use usher_app::accounts::{NewAccount, SetPlan, StartVerification};
use usher_app::domains::{ActivateBilling, OpenDomain};
use usher_app::login::LogIn;
use usher_app::operator::{DecideVerification, SetPrices};
use usher_app::seats::{Numbers, Preview, SetOrder};
use usher_app::users::{CreateUser, Mode, NewUser, SetLicense};
use usher_app::{App, Ask, Failure, Reply, secrets};
use usher_rules::billing::{PaymentMethod, Zone};
use usher_rules::prices::Currency;
use usher_rules::roles::{Permission, Permissions, Role};
use usher_rules::seats::{PerKind, When};
use usher_rules::tiers::Tier;
use usher_rules::users::License;
use usher_rules::{AccountId, DomainId, PoolId, UserId};

use super::desk;

/// Everyone's.
pub const PASSWORD: &str = "demo-password";
const OPERATOR: &str = "operator@example.com";
const RESELLER: &str = "reseller@example.com";
const SUB_RESELLER: &str = "sub-reseller@example.com";
/// Owns the end user's domain.
pub const CUSTOMER: &str = "customer@example.com";
/// One of its staff, an admin: leads the help desk.
pub const LEAD: &str = "staff-01@example.com";

/// What there is to see.
pub struct World {
    /// The end user's domain.
    pub domain: DomainId,
    /// Its owner, signed in.
    pub owner: Ask,
    /// Its staff.
    pub staff: Vec<UserId>,
    /// Its help desk's pools: the first line, and the second.
    pub pools: Vec<PoolId>,
}

impl World {
    /// What is printed at the start.
    pub fn guide(&self, address: &str, folder: &Path) -> String {
        let domain = self.domain;
        let folder = folder.display();
        let pool = |pool: &PoolId| {
            format!(
                "  curl -N http://{address}/v1/domains/{domain}/pools/{pool}/events -H \"authorization: Bearer $TOKEN\""
            )
        };
        let pools = self.pools.iter().map(pool).collect::<Vec<_>>().join("\n");
        format!(
            "
This is a sandbox, kept in {folder}: its clock can be moved, mails are kept instead of sent.

  API page     http://{address}/docs
  Mails        http://{address}/v1/sandbox/mail

  Log-ins, all with the password {PASSWORD}:
  {OPERATOR:<26} runs the server: prices, verifications
  {RESELLER:<26} owns the reseller's domain
  {SUB_RESELLER:<26} owns a sub-reseller's domain below it
  {CUSTOMER:<26} owns an end user's domain below that: 20 staff, 3 Business seats
  {LEAD:<26} one of the staff: leads the help desk
  agent-01@example.com       one of six agents at the help desk, who share 3 seats in two pools

  TOKEN=$(curl -s http://{address}/v1/login -H 'content-type: application/json' \\
    -d '{{\"email\":\"{CUSTOMER}\",\"password\":\"{PASSWORD}\"}}' | jq -r .token)
  curl -s http://{address}/v1/domains/{domain}/seats -H \"authorization: Bearer $TOKEN\"
  curl -N http://{address}/v1/domains/{domain}/events -H \"authorization: Bearer $TOKEN\"

  The help desk's first line, live, and its second: who logs in, is refused, calls, waits for
  a guest, is logged off or logged out:
{pools}

Stop with Ctrl-C."
        )
    }
}

/// The world in this store; made, if it is not there yet.
pub async fn find_or_make(app: &Arc<App>) -> Result<World, Failure> {
    if sign_in(app, OPERATOR).await.is_err() {
        make(app).await?;
    }
    let (owner, account) = sign_in(app, CUSTOMER).await?;
    let me = app.look(&owner, &usher_app::accounts::Me).await?;
    let domain = me.account.owns.ok_or(Failure::Busy)?;
    debug_assert_eq!(me.account.id, account);
    let listing = usher_store::lists::Listing {
        limit: 100,
        model: Some("named"),
        ..Default::default()
    };
    let page = app.users(&owner, domain, &listing).await?;
    let pools = desk::find_or_make(app, domain).await?;
    Ok(World {
        domain,
        owner,
        pools,
        staff: page.items.iter().map(|line| line.user.id).collect(),
    })
}

async fn make(app: &Arc<App>) -> Result<(), Failure> {
    app.new_operator(OPERATOR.to_owned(), PASSWORD.to_owned())
        .await?;
    let (operator, _) = sign_in(app, OPERATOR).await?;
    let prices = BTreeMap::from([(Currency::EUR, PerKind([400, 600, 1200, 900]))]);
    app.do_now(operator.clone(), SetPrices { from: None, prices })
        .await?;

    sign_up(app, RESELLER, "Reseller").await?;
    let (reseller, account) = sign_in(app, RESELLER).await?;
    let tier = Tier::BusinessPro;
    app.do_now(
        reseller,
        SetPlan {
            account,
            plan: tier,
        },
    )
    .await?;
    let top = own_domain(app, &operator, RESELLER, "Reseller", [10, 4, 2, 0]).await?;
    below(app, RESELLER, top, SUB_RESELLER, "Sub-reseller").await?;
    member(
        app,
        RESELLER,
        top,
        "support@example.com",
        "Support",
        Role::Support,
    )
    .await?;

    let middle = own_domain(app, &operator, SUB_RESELLER, "Sub-reseller", [6, 3, 0, 0]).await?;
    below(app, SUB_RESELLER, middle, CUSTOMER, "Customer").await?;

    let bottom = own_domain(app, &operator, CUSTOMER, "Customer", [20, 3, 0, 0]).await?;
    let (owner, _) = sign_in(app, CUSTOMER).await?;
    for n in 1..=20 {
        let email = format!("staff-{n:02}@example.com");
        let role = if n == 1 { Role::Admin } else { Role::Member };
        let user = member(
            app,
            CUSTOMER,
            bottom,
            &email,
            &format!("Staff {n:02}"),
            role,
        )
        .await?;
        if n <= 3 {
            let upgrade = SetLicense {
                domain: bottom,
                user,
                license: License::Named {
                    tier: Tier::Business,
                },
            };
            app.do_now(owner.clone(), upgrade).await?;
        }
    }
    Ok(())
}

/// A domain of one's own, with all prerequisites met and seats ordered.
async fn own_domain(
    app: &Arc<App>,
    operator: &Ask,
    email: &str,
    name: &str,
    order: [u32; 4],
) -> Result<DomainId, Failure> {
    let (ask, account) = sign_in(app, email).await?;
    let open = OpenDomain {
        owner: account,
        name: name.to_owned(),
        prefix: name.to_lowercase(),
    };
    let domain = app.do_now(ask.clone(), open).await?.domain.id;
    app.do_now(ask.clone(), StartVerification { account })
        .await?;
    let approve = DecideVerification {
        account,
        approve: true,
        reason: None,
    };
    app.do_now(operator.clone(), approve).await?;
    let billing = ActivateBilling {
        domain,
        name: name.to_owned(),
        email: email.to_owned(),
        currency: Currency::EUR,
        zone: Some(Zone::utc()),
        method: PaymentMethod::Manual,
    };
    app.do_now(ask.clone(), billing).await?;
    self::order(app, &ask, domain, PerKind(order.map(Some))).await?;
    Ok(domain)
}

/// Orders seats as the Billing page does: by a preview.
pub async fn order(
    app: &Arc<App>,
    owner: &Ask,
    domain: DomainId,
    numbers: Numbers,
) -> Result<(), Failure> {
    let preview = Preview {
        domain,
        numbers,
        when: When::Now,
        currency: None,
    };
    let expected = app.look(owner, &preview).await?.expected;
    let order = SetOrder {
        domain,
        numbers,
        when: When::Now,
        expected,
    };
    app.do_now(owner.clone(), order).await?;
    Ok(())
}

/// A user who will own a domain below: on a Business seat, with the permission.
async fn below(
    app: &Arc<App>,
    owner: &str,
    domain: DomainId,
    email: &str,
    name: &str,
) -> Result<(), Failure> {
    let new = NewUser {
        tier: Tier::Business,
        permissions: Permissions::default().with(Permission::ManageSubDomain),
        ..named(email, name)
    };
    add(app, owner, domain, new).await.map(|_| ())
}

async fn member(
    app: &Arc<App>,
    owner: &str,
    domain: DomainId,
    email: &str,
    name: &str,
    role: Role,
) -> Result<UserId, Failure> {
    let new = NewUser {
        role,
        ..named(email, name)
    };
    add(app, owner, domain, new).await
}

/// A user with nothing but an address and a name.
pub fn named(email: &str, name: &str) -> NewUser {
    NewUser {
        email: email.to_owned(),
        name: name.to_owned(),
        ..NewUser::default()
    }
}

/// Adds a user, whose password is everyone's.
pub async fn add(
    app: &Arc<App>,
    owner: &str,
    domain: DomainId,
    new: NewUser,
) -> Result<UserId, Failure> {
    let (ask, _) = sign_in(app, owner).await?;
    let email = new.email.clone();
    let mode = Mode::Add;
    let case = CreateUser { domain, new, mode };
    let password = Some(PASSWORD.to_owned());
    let id = told(
        |keep| app.create_user(ask, case, password, keep),
        |line| line.user.id,
    )
    .await?;
    tracing::debug!(email, "added");
    Ok(id)
}

async fn sign_up(app: &Arc<App>, email: &str, name: &str) -> Result<(), Failure> {
    let new = NewAccount {
        email: email.to_owned(),
        name: name.to_owned(),
        password: PASSWORD.to_owned(),
    };
    told(|keep| app.sign_up(Ask::default(), new, keep), |_| ()).await
}

/// Signs someone in.
pub async fn sign_in(app: &Arc<App>, email: &str) -> Result<(Ask, AccountId), Failure> {
    let said = LogIn {
        email: email.to_owned(),
        password: PASSWORD.to_owned(),
        code: None,
        name: "usher demo".to_owned(),
    };
    let seen = |logged_in: &usher_app::login::LoggedIn| {
        (secrets::digest(&logged_in.text), logged_in.account.id)
    };
    let (digest, account) = told(|keep| app.log_in(Ask::default(), said, keep), seen).await?;
    let ask = Ask {
        token: Some(digest),
        ..Ask::default()
    };
    Ok((ask, account))
}

/// Runs what renders a reply, and keeps what is wanted of the answer instead.
async fn told<A, T, F>(
    run: impl FnOnce(Keep<A>) -> F,
    want: impl Fn(&A) -> T + Send + Sync + 'static,
) -> Result<T, Failure>
where
    T: Send + 'static,
    F: Future<Output = Result<Reply, Failure>>,
{
    let kept = Arc::new(Mutex::new(None));
    let keep = kept.clone();
    run(Box::new(move |result| {
        let result = result.map(&want).map_err(Clone::clone);
        if let Ok(mut kept) = keep.lock() {
            *kept = Some(result);
        }
        Reply {
            status: 0,
            body: String::new(),
        }
    }))
    .await?;
    let kept = kept.lock().ok().and_then(|mut kept| kept.take());
    kept.map_or(Err(Failure::Busy), |result| {
        result.map_err(Failure::Refused)
    })
}

type Keep<A> = Box<dyn Fn(Result<&A, &usher_rules::Refusal>) -> Reply + Send + Sync>;
