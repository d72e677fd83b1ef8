-- Whom users added to their contact lists. An address that somebody of the domain has is that
-- person when the list is read, not before.
CREATE TABLE contacts (
    domain BLOB NOT NULL,
    user_id BLOB NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (domain, user_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX contact_email ON contacts (domain, user_id, email);

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('contacts', 'contacts', '1000000 1000 20 1'),
    ('contacts', 'contact_email', '1000000 1000 20 1');
ANALYZE sqlite_schema;
