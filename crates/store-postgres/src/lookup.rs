//! What became of units whose connection broke around the commit: their journal entries
//! are there, or not. Of a unit that changes no head, the counts of attempts are.

use usher_store::tables::{ATTEMPTS, Row, Type, Value};
use usher_store::{Result, Unit, Write};

use crate::connect::Link;
use crate::error::translate;
use crate::rows::Block;

/// Waits until whoever still holds the heads has committed or given up: for one that is
/// being made by trying to make it, for one that exists by locking it. Sent in a
/// transaction that is rolled back.
const WAIT: [&str; 2] = [
    "INSERT INTO heads (id, version, at) SELECT id, 0, 0 FROM \
     (SELECT DISTINCT id FROM unnest($1::uuid[]) AS k(id) ORDER BY id) AS ids \
     ON CONFLICT (id) DO NOTHING",
    "SELECT 1 FROM heads WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE",
];
const FIND: &str = "SELECT k.n FROM \
    unnest($1::uuid[], $2::int8[], $3::uuid[]) WITH ORDINALITY AS k(head, seq, unit, n) \
    JOIN journal j ON j.head = k.head AND j.seq = k.seq AND j.unit = k.unit";

/// Likewise, for rows of attempts.
const WAIT_ATTEMPTS: [&str; 2] = [
    "INSERT INTO attempts (key, wrong, blocked_until, last_at, version) \
     SELECT key, 0, 0, 0, 0 FROM \
     (SELECT DISTINCT key FROM unnest($1::bytea[]) AS k(key) ORDER BY key) AS keys \
     ON CONFLICT (key) DO NOTHING",
    "SELECT 1 FROM attempts WHERE key = ANY($1::bytea[]) ORDER BY key FOR UPDATE",
];
const FIND_ATTEMPTS: &str = "SELECT k.n FROM \
    unnest($1::bytea[], $2::int8[], $3::int8[], $4::int8[], $5::int8[]) \
    WITH ORDINALITY AS k(key, wrong, blocked_until, last_at, version, n) \
    JOIN attempts a USING (key, wrong, blocked_until, last_at, version)";

/// For each unit, whether it was committed. One that changes no head is known by the first
/// attempts that it counts, while nobody has counted further; without any it can't be
/// found, and to write its rows again changes nothing, or conflicts with its own answer.
pub(crate) async fn committed(link: &mut Link, units: &[Unit]) -> Result<Vec<bool>> {
    let mut entries = Traces::new(vec![Type::Id, Type::Int, Type::Id]);
    let mut counts = Traces::new(ATTEMPTS.columns().map(|(_, kind)| kind).collect());
    for (n, unit) in units.iter().enumerate() {
        if let Some(change) = unit.heads.iter().find(|head| head.next != head.expected) {
            let entry = vec![
                Value::Id(Some(change.head.key())),
                Value::Int(i64::try_from(change.expected + 1).ok()),
                Value::Id(Some(unit.id.0)),
            ];
            entries.push(n, entry);
        } else if let Some(count) = unit.writes.iter().find_map(attempts) {
            counts.push(n, count);
        }
    }
    let mut found = vec![false; units.len()];
    for (traces, wait, text) in [
        (entries, WAIT, FIND),
        (counts, WAIT_ATTEMPTS, FIND_ATTEMPTS),
    ] {
        for n in traces.find(link, wait, text).await? {
            found[n] = true;
        }
    }
    Ok(found)
}

/// The row of attempts as it is after the write.
fn attempts(write: &Write) -> Option<Vec<Value>> {
    match (write, write.row()) {
        (Write::Attempts(_), Row::Put(_, values)) => Some(values),
        _ => None,
    }
}

/// What units would have left behind.
struct Traces {
    rows: Block,
    /// The unit of each.
    whose: Vec<usize>,
}

impl Traces {
    fn new(types: Vec<Type>) -> Traces {
        Traces {
            rows: Block::new(types),
            whose: Vec::new(),
        }
    }

    fn push(&mut self, unit: usize, row: Vec<Value>) {
        self.rows.push(row);
        self.whose.push(unit);
    }

    /// The units whose trace is there.
    async fn find(&self, link: &mut Link, wait: [&str; 2], text: &str) -> Result<Vec<usize>> {
        if self.whose.is_empty() {
            return Ok(Vec::new());
        }
        let found = find(link, &self.rows, wait, text);
        let found = found.await.map_err(translate)?.into_iter();
        let place = |n: i64| usize::try_from(n - 1).ok();
        Ok(found
            .filter_map(|n| self.whose.get(place(n)?).copied())
            .collect())
    }
}

async fn find(
    link: &mut Link,
    traces: &Block,
    wait: [&str; 2],
    text: &str,
) -> std::result::Result<Vec<i64>, tokio_postgres::Error> {
    let params = traces.params();
    let Link { client, driver } = link;
    let search = async {
        client.batch_execute("BEGIN").await?;
        for wait in wait {
            client.execute(wait, &params[..1]).await?;
        }
        let rows = client.query(text, &params).await?;
        client.batch_execute("ROLLBACK").await?;
        rows.iter().map(|row| row.try_get(0)).collect()
    };
    driver.run(search).await
}
