//! Lists of users (rule D4): sorted, filtered, searched and paged, against the same done
//! plainly.

use std::sync::Arc;

use usher_rules::Head;
use usher_rules::roles::Role;
use usher_rules::tiers::Tier;
use usher_rules::users::{License, User, UserState};

use super::build::*;
use crate::Store;
use crate::lists::{After, Listing, Sort, UserLine};
use crate::records::Person;

super::list! {
    d4_every_sort_pages_through_all_users_once,
    d4_filters_of_tier_state_and_role,
    d4_search_is_by_what_begins_with_it,
    d4_search_sort_filter_and_pages_together,
    d4_a_page_says_whether_there_is_more,
    d4_a_page_goes_on_where_its_last_row_was,
    d4_an_empty_domain_has_an_empty_page,
    d4_a_list_follows_changes,
}

/// Names that differ in case only, that tie, that begin alike, that need care.
const NAMES: [&str; 24] = [
    "Anna",
    "anna",
    "ANNA",
    "Anna",
    "Annabel",
    "Ann",
    "",
    " Anna",
    "Zoë",
    "zoe",
    "Ängström",
    "ÄNGSTRÖM",
    "İstanbul",
    "李雷",
    "李",
    "🦊 Fox",
    "100%",
    "100 percent",
    "a_b",
    "axb",
    "O'Neill",
    "\"quoted\"",
    "back\\slash",
    "e\u{301}tude",
];
const TIERS: [Tier; 3] = Tier::ALL;
const STATES: [&str; 5] = ["invited", "expired", "declined", "active", "suspended"];

fn line(n: usize) -> UserLine {
    let number = n as u64 + 100;
    let account = acc(number);
    let state = match STATES[n % 5] {
        "invited" => UserState::Invited { expires_at: FAR },
        "expired" => UserState::Expired,
        "declined" => UserState::Declined,
        "active" => UserState::Active { account },
        _ => UserState::Suspended { account },
    };
    let user = User {
        state,
        license: License::Named { tier: TIERS[n % 3] },
        role: Role::ALL[n % 4],
        ..invited(dom(1), number)
    };
    let person = Person {
        // Neither in the order of ids nor in that of names.
        email: format!("{}{}@example.com", ["b", "é", "a", "ab"][n % 4], n * 7 % 50),
        name: NAMES[n % NAMES.len()].to_owned(),
        external_id: n
            .is_multiple_of(3)
            .then(|| format!("{}-{n}", ["x", "X", "an"][n / 3 % 3])),
        ..person(dom(1), number)
    };
    UserLine {
        user,
        person: person.into(),
        tier: TIERS[n % 3],
    }
}

/// Fifty users of one domain.
async fn fifty(store: &dyn Store) -> Vec<UserLine> {
    domain_opened(1).done(store).await;
    let lines: Vec<_> = (0..50).map(line).collect();
    let accounts = lines.iter().filter_map(|line| line.user.state.account());
    let numbers = accounts.map(|id| (id.0.as_u128() & 0xffff) as u64);
    let units = numbers.map(|n| account_made(n).unit()).collect();
    assert!(store.commit(units).await.iter().all(Result::is_ok));
    // Written in another order than any that is asked for.
    let mut act = Act::new().moves(Head::Domain(dom(1)), 1);
    for n in 0..lines.len() {
        let line = &lines[n * 17 % lines.len()];
        act = act.puts_user(line.user, (*line.person).clone());
    }
    act.done(store).await;
    lines
}

fn key(line: &UserLine, sort: Sort) -> String {
    match sort {
        Sort::Created => String::new(),
        Sort::Email => line.person.email.clone(),
        Sort::Name => line.person.name.to_lowercase(),
    }
}

/// The same, done plainly.
fn plainly(lines: &[UserLine], listing: &Listing) -> Vec<UserLine> {
    let begins = |line: &UserLine, text: &str| {
        let person = &line.person;
        person.email.starts_with(text)
            || person.name.to_lowercase().starts_with(text)
            || (person.external_id.as_deref()).is_some_and(|id| id.starts_with(text))
    };
    let mut found: Vec<UserLine> = lines
        .iter()
        .filter(|line| {
            listing
                .tier
                .is_none_or(|t| line.user.license.named_tier() == Some(t))
        })
        .filter(|line| listing.state.is_none_or(|s| line.user.state.name() == s))
        .filter(|line| listing.role.is_none_or(|role| line.user.role == role))
        .filter(|line| listing.search.as_deref().is_none_or(|s| begins(line, s)))
        .cloned()
        .collect();
    found.sort_by_key(|line| (key(line, listing.sort), line.user.id));
    found
}

/// All pages, one after the other.
async fn paged(store: &dyn Store, listing: &Listing) -> Vec<UserLine> {
    let mut listing = listing.clone();
    let mut all: Vec<UserLine> = Vec::new();
    loop {
        let page = store.users(dom(1), &listing).await.unwrap();
        assert!(page.items.len() <= listing.limit as usize);
        let last = page.items.last().map(|line| After {
            key: key(line, listing.sort),
            id: line.user.id.0,
        });
        all.extend(page.items);
        assert!(all.len() <= 50, "pages come to an end");
        if !page.more {
            return all;
        }
        assert!(last.is_some(), "more, but nothing here");
        listing.after = last;
    }
}

async fn agrees(store: &dyn Store, lines: &[UserLine], listing: Listing) {
    let expected = plainly(lines, &listing);
    for limit in [3, 7, 50] {
        let listing = Listing {
            limit,
            ..listing.clone()
        };
        assert_eq!(paged(store, &listing).await, expected, "{listing:?}");
    }
}

async fn d4_every_sort_pages_through_all_users_once(store: Arc<dyn Store>) {
    let lines = fifty(&*store).await;
    for sort in [Sort::Created, Sort::Email, Sort::Name] {
        let listing = Listing {
            sort,
            ..Listing::default()
        };
        assert_eq!(plainly(&lines, &listing).len(), 50);
        agrees(&*store, &lines, listing).await;
    }
}

async fn d4_filters_of_tier_state_and_role(store: Arc<dyn Store>) {
    let lines = fifty(&*store).await;
    let some = Listing::default;
    for tier in Tier::ALL {
        let tier = Some(tier);
        agrees(&*store, &lines, Listing { tier, ..some() }).await;
    }
    for state in STATES {
        let state = Some(state);
        agrees(&*store, &lines, Listing { state, ..some() }).await;
    }
    for role in Role::ALL {
        let role = Some(role);
        agrees(&*store, &lines, Listing { role, ..some() }).await;
    }
}

async fn d4_search_is_by_what_begins_with_it(store: Arc<dyn Store>) {
    let lines = fifty(&*store).await;
    let texts = [
        "",
        "a",
        "ann",
        "anna",
        "annab",
        "b",
        "é",
        "ab1",
        "x-",
        "X-",
        "an-",
        "z",
        "zoë",
        "zoe",
        "ä",
        "ängström",
        "i\u{307}",
        "李",
        "李雷",
        "🦊",
        "100%",
        "100",
        "a_",
        "a_b",
        "o'",
        "o'n",
        "\"",
        "\"q",
        "back\\",
        "e\u{301}",
        " ",
        "%",
        "_",
        "'",
        "''",
        "\\",
        "no such",
        "anna ",
    ];
    for text in texts {
        let listing = Listing {
            search: Some(text.to_owned()),
            ..Listing::default()
        };
        agrees(&*store, &lines, listing).await;
    }
    let find = |text: &str| {
        let search = Some(text.to_owned());
        plainly(
            &lines,
            &Listing {
                search,
                ..Listing::default()
            },
        )
        .len()
    };
    assert_eq!(
        (find("100%"), find("a_b"), find("%"), find("_")),
        (2, 2, 0, 0)
    );
    assert!(find("anna") >= 10 && find("X-") > 0, "the cases are there");
}

async fn d4_search_sort_filter_and_pages_together(store: Arc<dyn Store>) {
    let lines = fifty(&*store).await;
    for sort in [Sort::Created, Sort::Email, Sort::Name] {
        for search in [None, Some("a"), Some("ann"), Some("é")] {
            for tier in [None, Some(Tier::Base), Some(Tier::BusinessPro)] {
                for (state, role) in [
                    (None, None),
                    (Some("active"), None),
                    (Some("invited"), Some(Role::Member)),
                ] {
                    let listing = Listing {
                        search: search.map(str::to_owned),
                        tier,
                        state,
                        role,
                        sort,
                        ..Listing::default()
                    };
                    agrees(&*store, &lines, listing).await;
                }
            }
        }
    }
}

async fn d4_a_page_says_whether_there_is_more(store: Arc<dyn Store>) {
    fifty(&*store).await;
    for (limit, items, more) in [
        (0, 0, true),
        (49, 49, true),
        (50, 50, false),
        (51, 50, false),
    ] {
        let listing = Listing {
            limit,
            ..Listing::default()
        };
        let page = store.users(dom(1), &listing).await.unwrap();
        assert_eq!((page.items.len(), page.more), (items, more), "{limit}");
    }
}

async fn d4_a_page_goes_on_where_its_last_row_was(store: Arc<dyn Store>) {
    let lines = fifty(&*store).await;
    for sort in [Sort::Created, Sort::Email, Sort::Name] {
        let listing = Listing {
            sort,
            limit: 20,
            ..Listing::default()
        };
        let sorted = plainly(&lines, &listing);
        let last = &sorted[19];
        let after = After {
            key: key(last, sort),
            id: last.user.id.0,
        };
        // The row goes between the two pages: nothing is missed, nothing comes twice.
        let removed = last.user.id;
        let head = Head::Domain(dom(1));
        let version = version(&*store, head).await;
        Act::new()
            .moves(head, version)
            .put(crate::Write::RemovePerson(dom(1), removed))
            .put(crate::Write::RemoveUser(dom(1), removed))
            .done(&*store)
            .await;
        let next = Listing {
            after: Some(after),
            ..listing
        };
        let page = store.users(dom(1), &next).await.unwrap();
        assert_eq!(page.items, sorted[20..40]);
        Act::new()
            .moves(head, version + 1)
            .puts_user(last.user, (*last.person).clone())
            .done(&*store)
            .await;
    }
}

async fn d4_an_empty_domain_has_an_empty_page(store: Arc<dyn Store>) {
    domain_opened(1).done(&*store).await;
    for domain in [dom(1), dom(9)] {
        let listing = Listing {
            limit: 5,
            ..Listing::default()
        };
        let page = store.users(domain, &listing).await.unwrap();
        assert_eq!((page.items.len(), page.more), (0, false));
    }
}

async fn d4_a_list_follows_changes(store: Arc<dyn Store>) {
    let mut lines = fifty(&*store).await;
    let changed = &mut lines[7];
    let person = Arc::make_mut(&mut changed.person);
    person.name = "Ärmel".to_owned();
    person.email = "0@example.com".to_owned();
    person.external_id = None;
    changed.user.license = License::Named {
        tier: Tier::BusinessPro,
    };
    changed.tier = Tier::BusinessPro;
    changed.user.role = Role::Admin;
    Act::new()
        .moves(Head::Domain(dom(1)), 2)
        .puts_user(changed.user, (*changed.person).clone())
        .done(&*store)
        .await;
    for sort in [Sort::Created, Sort::Email, Sort::Name] {
        let listing = Listing {
            sort,
            ..Listing::default()
        };
        agrees(&*store, &lines, listing).await;
    }
    let listing = Listing {
        search: Some("ärm".to_owned()),
        role: Some(Role::Admin),
        ..Listing::default()
    };
    assert_eq!(plainly(&lines, &listing).len(), 1);
    agrees(&*store, &lines, listing).await;
}
