//! The schema is what the shared description of the tables says.

use usher_store::queries::postgres_type;
use usher_store::tables::ALL;

use crate::database::Database;

#[tokio::test]
async fn every_table_has_the_described_columns_and_key() {
    let (database, _) = Database::with_store().await;
    let client = database.connect().await;
    let columns = "SELECT attname::text, t.typname::text FROM pg_attribute a \
        JOIN pg_type t ON t.oid = a.atttypid \
        WHERE a.attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum";
    let key = "SELECT a.attname::text FROM pg_index i \
        JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(attnum, n) ON true \
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum \
        WHERE i.indrelid = $1::text::regclass AND i.indisprimary ORDER BY k.n";
    for table in ALL {
        let rows = client
            .query(columns, &[&table.name])
            .await
            .expect(table.name);
        let found: Vec<(String, String)> =
            rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        let described: Vec<(String, String)> = table
            .columns()
            .map(|(name, kind)| (name.to_owned(), postgres_type(kind).to_owned()))
            .collect();
        assert_eq!(found, described, "{}", table.name);
        let rows = client.query(key, &[&table.name]).await.expect(table.name);
        let found: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        let described: Vec<_> = table
            .key
            .iter()
            .map(|(name, _)| (*name).to_owned())
            .collect();
        assert_eq!(found, described, "{}'s key", table.name);
    }
}

#[tokio::test]
async fn every_text_compares_by_byte() {
    let (database, _) = Database::with_store().await;
    let text = "SELECT table_name || '.' || column_name FROM information_schema.columns \
        WHERE table_schema = 'public' AND data_type = 'text' \
        AND collation_name IS DISTINCT FROM 'C'";
    let rows = database
        .connect()
        .await
        .query(text, &[])
        .await
        .expect("columns");
    let others: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(others, Vec::<String>::new());
}
