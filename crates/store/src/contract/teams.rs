//! Teams, who is in them, and whom a user sees through them (rule D5).

use std::sync::Arc;

use usher_rules::Time;
use usher_rules::teams::Team;
use usher_rules::users::{User, UserState};

use super::build::*;
use super::load::holds_only;
use crate::lists::{After, ContactLine, Listing, TeamLine};
use crate::{Snapshot, Store, Write};

super::list! {
    d5_a_team_reads_back_and_can_be_deleted,
    d5_a_team_comes_with_its_members_when_they_are_asked_for,
    d5_a_users_desk_has_its_teams,
    d5_teams_are_listed_with_their_numbers_of_members,
    d5_contacts_are_those_who_share_a_team,
    d5_contacts_are_in_the_order_of_names,
    d4_users_are_filtered_by_team,
    d5_teams_are_one_domains,
}

pub(super) fn member(team: u64, user: u64) -> Write {
    Write::Member(dom(1), tem(team), usr(user))
}

fn is_in(snapshot: &mut Snapshot, team: u64, user: u64) {
    let (domain, id) = (dom(1), tem(team));
    let world = &mut snapshot.world;
    world.teams.insert((domain, id), Team { domain, id });
    world.members.insert((domain, id, usr(user)));
}

async fn d5_a_team_reads_back_and_can_be_deleted(store: Arc<dyn Store>) {
    let mut renamed = team(dom(1), 1);
    renamed.name = "Größe \"Ω\" 李".to_owned();
    renamed.created_at = Time(T0.0 + 1);
    let key = (dom(1), tem(1));
    for record in [team(dom(1), 1), renamed] {
        planted(&*store, [Write::Team(record.clone())]).await;
        let snapshot = load(&*store, |load| load.teams = [key].into()).await;
        let mut expected = Snapshot::default();
        let (domain, id) = key;
        expected.world.teams.insert(key, Team { domain, id });
        expected.team_records.insert(key, record);
        holds_only(snapshot, expected);
    }
    planted(&*store, [Write::RemoveTeam(dom(2), tem(1))]).await;
    assert_eq!(store.teams(dom(1), None, 9).await.unwrap().items.len(), 1);
    planted(&*store, [Write::RemoveTeam(dom(1), tem(1))]).await;
    let snapshot = load(&*store, |load| load.teams = [key].into()).await;
    holds_only(snapshot, Snapshot::default());
}

async fn d5_a_team_comes_with_its_members_when_they_are_asked_for(store: Arc<dyn Store>) {
    let writes = [
        Write::Team(team(dom(1), 1)),
        Write::Team(team(dom(1), 2)),
        member(1, 5),
        member(1, 6),
        member(2, 5),
    ];
    planted(&*store, writes).await;
    // Again, and away: neither is anything but what it says.
    let again = [member(1, 5), Write::RemoveMember(dom(1), tem(2), usr(6))];
    planted(&*store, again).await;
    let key = (dom(1), tem(1));
    let alone = load(&*store, |load| load.teams = [key].into()).await;
    assert!(alone.world.members.is_empty());
    let snapshot = load(&*store, |load| load.team_members = [key].into()).await;
    let mut expected = Snapshot::default();
    expected.team_records.insert(key, team(dom(1), 1));
    is_in(&mut expected, 1, 5);
    is_in(&mut expected, 1, 6);
    holds_only(snapshot, expected);
    planted(&*store, [Write::RemoveMember(dom(1), tem(1), usr(5))]).await;
    let snapshot = load(&*store, |load| load.team_members = [key].into()).await;
    let members: Vec<_> = snapshot.world.members.into_iter().collect();
    assert_eq!(members, [(dom(1), tem(1), usr(6))]);
}

async fn d5_a_users_desk_has_its_teams(store: Arc<dyn Store>) {
    let other = Write::Member(dom(2), tem(4), usr(5));
    let writes = [
        member(1, 5),
        member(2, 5),
        member(2, 6),
        member(3, 6),
        other,
    ];
    planted(&*store, writes).await;
    let snapshot = load(&*store, |load| load.memberships = [(dom(1), usr(5))].into()).await;
    let mut expected = Snapshot::default();
    is_in(&mut expected, 1, 5);
    is_in(&mut expected, 2, 5);
    holds_only(snapshot, expected);
}

async fn d5_teams_are_listed_with_their_numbers_of_members(store: Arc<dyn Store>) {
    let mut writes: Vec<Write> = [4, 1, 3].map(|n| Write::Team(team(dom(1), n))).into();
    writes.push(Write::Team(team(dom(2), 2)));
    writes.extend([member(1, 5), member(1, 6), member(4, 5)]);
    writes.push(Write::Member(dom(2), tem(1), usr(7)));
    planted(&*store, writes).await;
    let lines = [(1, 2), (3, 0), (4, 1)].map(|(n, members)| TeamLine {
        record: team(dom(1), n),
        members,
    });
    let page = async |after: Option<u64>, limit| {
        let page = store.teams(dom(1), after.map(tem), limit).await.unwrap();
        (page.items, page.more)
    };
    assert_eq!(page(None, 9).await, (lines.to_vec(), false));
    assert_eq!(page(None, 2).await, (lines[..2].to_vec(), true));
    assert_eq!(page(Some(1), 1).await, (lines[1..2].to_vec(), true));
    assert_eq!(page(Some(2), 2).await, (lines[1..].to_vec(), false));
    assert_eq!(page(Some(4), 2).await, (vec![], false));
}

/// Users 11 to 19 of domain 1 with these names, all active but 18 and 19.
pub(super) async fn named(store: &dyn Store) {
    const NAMES: [&str; 9] = [
        "cyd", "Ann", "bob", "ann", "ANN", "Émile", "Zoë", "dot", "eve",
    ];
    domain_opened(1).done(store).await;
    let mut writes = Vec::new();
    for (n, name) in (11..).zip(NAMES) {
        let mut person = person(dom(1), n);
        person.name = name.to_owned();
        let state = match n {
            18 => UserState::Suspended { account: acc(n) },
            19 => UserState::Invited { expires_at: FAR },
            _ => UserState::Active { account: acc(n) },
        };
        let user = User {
            state,
            ..invited(dom(1), n)
        };
        writes.extend([Write::User(user), Write::Person(person)]);
    }
    planted(store, writes).await;
}

/// The numbers of a user's contacts on a page.
async fn contacts(
    store: &dyn Store,
    user: u64,
    after: Option<&After>,
    limit: u32,
) -> (Vec<ContactLine>, bool) {
    let page = store.contacts(dom(1), usr(user), true, after, limit).await;
    let page = page.unwrap();
    (page.items, page.more)
}

async fn d5_contacts_are_those_who_share_a_team(store: Arc<dyn Store>) {
    named(&*store).await;
    let mut writes = Vec::new();
    let teams: [(u64, &[u64]); 3] = [
        (1, &[11, 12, 13, 18, 19]),
        (2, &[11, 12, 14]),
        (3, &[15, 16, 12]),
    ];
    for (team, users) in teams {
        writes.extend(users.iter().map(|user| member(team, *user)));
    }
    // In a team of the same number elsewhere, and of the same number here.
    writes.push(Write::Member(dom(2), tem(1), usr(17)));
    writes.push(Write::Member(dom(2), tem(3), usr(11)));
    planted(&*store, writes).await;
    let of = async |user| {
        let (lines, more) = contacts(&*store, user, None, 20).await;
        assert!(!more);
        let users = lines.iter().filter_map(|line| line.user);
        users
            .map(|user| user.0.as_u128() & 0xff)
            .collect::<Vec<_>>()
    };
    assert_eq!(of(11).await, [12, 14, 13], "once each, and not oneself");
    assert_eq!(of(12).await, [14, 15, 13, 11, 16]);
    assert_eq!(of(15).await, [12, 16]);
    assert_eq!(of(17).await, [0; 0], "who is in no team sees nobody");
    let (lines, _) = contacts(&*store, 11, None, 1).await;
    let expected = ContactLine {
        contact: None,
        user: Some(usr(12)),
        name: "Ann".to_owned(),
        email: person(dom(1), 12).email,
    };
    assert_eq!(lines, [expected]);
}

async fn d5_contacts_are_in_the_order_of_names(store: Arc<dyn Store>) {
    named(&*store).await;
    planted(&*store, (11..=17).map(|n| member(1, n))).await;
    let (all, _) = contacts(&*store, 11, None, 20).await;
    let names: Vec<_> = all.iter().map(|line| line.name.as_str()).collect();
    assert_eq!(names, ["Ann", "ann", "ANN", "bob", "Zoë", "Émile"]);
    for limit in 1..=7 {
        let mut found = Vec::new();
        let mut after: Option<After> = None;
        loop {
            let (lines, more) = contacts(&*store, 11, after.as_ref(), limit).await;
            after = lines.last().map(ContactLine::place);
            found.extend(lines);
            if !more {
                break;
            }
        }
        assert_eq!(found, all, "in pages of {limit}");
    }
    let after = After {
        key: "ann".to_owned(),
        id: usr(12).0,
    };
    let (lines, more) = contacts(&*store, 11, Some(&after), 2).await;
    assert_eq!((lines.as_slice(), more), (&all[1..3], true));
}

async fn d4_users_are_filtered_by_team(store: Arc<dyn Store>) {
    named(&*store).await;
    let other = Write::Member(dom(2), tem(1), usr(13));
    planted(
        &*store,
        [member(1, 19), member(1, 11), member(2, 12), other],
    )
    .await;
    let listing = Listing {
        team: Some(tem(1)),
        limit: 9,
        ..Listing::default()
    };
    let page = store.users(dom(1), &listing).await.unwrap();
    let users: Vec<_> = page.items.iter().map(|line| line.user.id).collect();
    assert_eq!(users, [usr(11), usr(19)]);
}

async fn d5_teams_are_one_domains(store: Arc<dyn Store>) {
    planted(&*store, [Write::Team(team(dom(1), 1)), member(1, 5)]).await;
    let snapshot = load(&*store, |load| {
        load.teams = [(dom(2), tem(1))].into();
        load.team_members = [(dom(2), tem(1)), (dom(1), tem(2))].into();
        load.memberships = [(dom(2), usr(5))].into();
    })
    .await;
    holds_only(snapshot, Snapshot::default());
    let (none, _) = contacts(&*store, 5, None, 9).await;
    assert_eq!(none, []);
    assert_eq!(store.teams(dom(2), None, 9).await.unwrap().items, []);
}
