//! What became of units whose connection broke around the commit: their journal entries
//! are there, or not.

use usher_store::tables::{Type, Value};
use usher_store::{Result, Unit};

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

/// For each unit, whether it was committed. One that changes no head can't be found; to
/// write its rows again changes nothing.
pub(crate) async fn committed(link: &mut Link, units: &[Unit]) -> Result<Vec<bool>> {
    let mut traces = Block::new([Type::Id, Type::Int, Type::Id]);
    let mut whose = Vec::new();
    for (n, unit) in units.iter().enumerate() {
        let Some(change) = unit.heads.iter().find(|head| head.next != head.expected) else {
            continue;
        };
        traces.push(vec![
            Value::Id(Some(change.head.key())),
            Value::Int(i64::try_from(change.expected + 1).ok()),
            Value::Id(Some(unit.id.0)),
        ]);
        whose.push(n);
    }
    let mut found = vec![false; units.len()];
    for n in find(link, &traces).await.map_err(translate)? {
        if let Some(unit) = usize::try_from(n - 1).ok().and_then(|n| whose.get(n)) {
            found[*unit] = true;
        }
    }
    Ok(found)
}

async fn find(
    link: &mut Link,
    traces: &Block,
) -> std::result::Result<Vec<i64>, tokio_postgres::Error> {
    let params = traces.params();
    let Link { client, driver } = link;
    let search = async {
        client.batch_execute("BEGIN").await?;
        for wait in WAIT {
            client.execute(wait, &params[..1]).await?;
        }
        let rows = client.query(FIND, &params).await?;
        client.batch_execute("ROLLBACK").await?;
        rows.iter().map(|row| row.try_get(0)).collect()
    };
    driver.run(search).await
}
