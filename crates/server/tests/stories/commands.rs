//! What an operator does from the command line.

use crate::harness::server::{self, assert_check_is_clean};
use crate::harness::{Place, Server, World};
use serde_json::json;

#[test]
fn every_command_that_the_readme_names_is_there() {
    let help = server::usher_says(&["--help"]);
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md");
    let readme = std::fs::read_to_string(readme).expect("README.md");
    let named = readme.split("`usher ").skip(1).filter_map(|rest| {
        let word = rest.split([' ', '`', '\n']).next()?;
        (!word.starts_with('-')).then_some(word)
    });
    for word in named {
        let there = help.lines().any(|line| line.trim_start().starts_with(word));
        assert!(there, "`usher {word}` of the README is not in usher --help");
    }
}

#[test]
fn a_store_made_without_sandbox_stays_without() {
    let place = Place::sqlite();
    Server::start_for_real(&place, &[]).kill();
    let refused = server::run(&place, &["serve", "--sandbox", "--listen", "127.0.0.1:0"]);
    assert!(!refused.status.success(), "{refused:?}");
}

#[test]
fn a_data_folder_has_one_server_at_a_time() {
    let place = Place::sqlite();
    let server = Server::start(&place);
    let second = || server::run(&place, &["serve", "--listen", "127.0.0.1:0"]);
    let refused = second();
    assert!(!refused.status.success(), "{refused:?}");
    let why = String::from_utf8_lossy(&refused.stderr);
    assert!(why.contains("another server uses this folder"), "{why}");
    // Commands run beside it, and one that was killed leaves nothing in the way.
    World::new(&place, &server).order(&json!({ "domain_user": 1 }));
    server.kill();
    assert!(Server::start(&place).asked_to_stop().success());
}

#[test]
fn a_graceful_stop_ends_well_and_keeps_everything() {
    for place in [Place::sqlite(), Place::postgres()] {
        let server = Server::start(&place);
        let world = World::new(&place, &server);
        world.order(&json!({ "domain_user": 1 }));
        world.add_user("user");
        assert!(server.asked_to_stop().success());

        let server = Server::start(&place);
        assert_eq!(world.at(&server).users().len(), 1);
    }
}

#[test]
fn a_backup_taken_from_a_running_server_is_restored_elsewhere() {
    let (place, elsewhere) = (Place::sqlite(), Place::sqlite());
    let server = Server::start(&place);
    let world = World::new(&place, &server);
    world.order(&json!({ "domain_user": 2 }));
    world.add_user("before");
    let backup = place.file("backup.file").display().to_string();
    let output = server::run(&place, &["backup", &backup]);
    assert!(output.status.success(), "{output:?}");
    world.add_user("after");

    let output = server::run(&elsewhere, &["restore", &backup]);
    assert!(output.status.success(), "{output:?}");
    assert_check_is_clean(&elsewhere);
    let restored = Server::start(&elsewhere);
    let users = world.at(&restored).users();
    assert_eq!(users.len(), 1);
    assert_eq!(users[0]["name"], "before");
    assert_eq!(world.users().len(), 2, "the first server goes on");
}

#[test]
fn migrating_twice_is_migrating_once() {
    for place in [Place::sqlite(), Place::postgres()] {
        for _ in 0..2 {
            let output = server::run(&place, &["migrate"]);
            assert!(output.status.success(), "{output:?}");
        }
        assert_check_is_clean(&place);
    }
}
