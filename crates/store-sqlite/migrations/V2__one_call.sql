-- Rule F1 stands here once more: one live call has one id, whoever reports it. Who is in no call
-- is not in it, so that logging in and off leaves it alone.
CREATE UNIQUE INDEX session_of_call ON sessions (domain, call) WHERE call IS NOT NULL;

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('sessions', 'session_of_call', '20000 20 1');
ANALYZE sqlite_schema;
