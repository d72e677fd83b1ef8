//! Two stores, the same random changes, the same answers: what the cases did not think of.
//!
//! Changes are units of random rows, most of them possible, some refused: a stale version,
//! a name that is taken, more in use than ordered. They keep to what decisions promise: a
//! row once per unit, trees without circles, owners and domains that are there.
//!
//! Units of one commit may follow each other on a head, but don't meet in a row or a unique
//! value otherwise: an engine that merges them may take them in either order.

mod change;
mod compare;
mod desk;

use std::collections::BTreeSet;
use std::sync::Arc;

use usher_rules::{Head, Time};

use super::build::Act;
use super::dice::Dice;
use super::events;
use crate::memory::Tables;
use crate::{Committed, Error, Store, Unit};

/// How many steps pass between two comparisons of everything.
const LOOK_EVERY: usize = 20;

/// Runs `steps` random changes of this seed on two stores, both empty, whose clocks agree
/// within half an hour.
///
/// # Panics
/// When an answer or a row differs, saying at which step of which seed.
pub async fn compare(seed: u64, steps: usize, a: Arc<dyn Store>, b: Arc<dyn Store>) {
    let now = a.now().await.expect("a clock");
    let mut run = Run {
        dice: Dice::new(seed),
        model: Tables::new(),
        now,
        place: String::new(),
        seen: [0; 3],
    };
    for step in 1..=steps {
        run.place = format!(
            "seed {seed}, step {step}, {} and {}",
            a.engine(),
            b.engine()
        );
        run.step(&*a, &*b).await;
        if step % LOOK_EVERY == 0 || step == steps {
            run.look_at_everything(&*a, &*b).await;
        }
    }
    // A run that only ever saw one kind of outcome would show little.
    let few = steps >= 100 && run.seen.contains(&0);
    assert!(!few, "seed {seed}: done, conflict, refused: {:?}", run.seen);
}

/// A run in the middle.
struct Run {
    dice: Dice,
    /// What both stores should hold.
    model: Tables,
    /// Times that a store compares with its clock lie at least an hour from this one.
    now: Time,
    /// For messages.
    place: String,
    /// How often each [`Outcome`] came about.
    seen: [u32; 3],
}

/// What became of a unit, as far as both have to agree: which of two constraints a unit
/// met first is each engine's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Done,
    Conflict,
    Refused,
}

impl Outcome {
    fn of(committed: &Committed, place: &str) -> Outcome {
        match committed {
            Ok(()) => Outcome::Done,
            Err(Error::Conflict) => Outcome::Conflict,
            Err(Error::NotUnique(_) | Error::Constraint(_)) => Outcome::Refused,
            Err(other) => panic!("{place}: {other}"),
        }
    }
}

impl Run {
    async fn step(&mut self, a: &dyn Store, b: &dyn Store) {
        match self.dice.below(20) {
            0 => self.claim_mail(a, b).await,
            1 => self.forget(a, b).await,
            2..=4 => self.look(a, b).await,
            5 => self.see(a, b).await,
            _ => self.commit(a, b).await,
        }
    }

    async fn commit(&mut self, a: &dyn Store, b: &dyn Store) {
        let mut units = Vec::new();
        let mut expected = Vec::new();
        let mut touched = BTreeSet::new();
        for _ in 0..=self.dice.below(4) {
            let unit = self.unit();
            let touches = self.touches(&unit);
            if !touched.is_disjoint(&touches) {
                continue;
            }
            touched.extend(touches);
            let outcome = Outcome::of(&self.model.commit(&unit), &self.place);
            self.seen[outcome as usize] += 1;
            expected.push(outcome);
            units.push(unit);
        }
        for store in [a, b] {
            let outcomes = store.commit(units.clone()).await;
            let found: Vec<_> = outcomes
                .iter()
                .map(|o| Outcome::of(o, &self.place))
                .collect();
            let at = (&self.place, store.engine(), &outcomes);
            assert_eq!(found, expected, "{at:?}: {units:#?}");
        }
    }

    /// The rows that a unit writes, and the unique values that it takes or frees.
    fn touches(&self, unit: &Unit) -> BTreeSet<String> {
        let rows = unit
            .writes
            .iter()
            .map(|write| format!("{:?}", change::key(write)));
        let claims = self.model.claims_around(unit);
        rows.chain(claims.iter().map(|claim| format!("{claim:?}")))
            .collect()
    }

    fn unit(&mut self) -> Unit {
        let writes = self.writes();
        let mut heads = self.heads_of(&writes);
        if self.dice.percent(30) {
            let head = self.head();
            heads.insert(head);
        }
        let at = self.time();
        let mut act = Act::new().at(at);
        for head in heads {
            let known = self.model.heads.get(&head.key());
            let version = known.map_or(0, |state| state.version);
            let stale = self.dice.percent(4) && version > 0;
            let count = self.dice.below(3);
            let mut entries = Vec::new();
            for _ in 0..=count {
                entries.push(self.dice.of(&events::one_of_each()));
            }
            act = act.says(head, version - u64::from(stale), entries);
        }
        let mut unit = act.puts(writes).unit();
        for entry in &mut unit.journal {
            entry.actor = self.dice.perhaps(|dice| super::build::acc(dice.below(9)));
            entry.at = self.time();
        }
        unit
    }

    /// A time that no clock of these stores is near to.
    fn time(&mut self) -> Time {
        let hours = 1 + self.dice.below(300) as i64;
        let sign = if self.dice.percent(50) { 1 } else { -1 };
        self.now.plus_seconds(sign * hours * 3600)
    }

    fn head(&mut self) -> Head {
        match self.dice.below(3) {
            0 => Head::System,
            1 => Head::Account(self.account_id()),
            _ => Head::Domain(self.domain_id()),
        }
    }
}
