-- What a team would write instead of Usher's front desk: a pool's row with the number of its
-- occupied seats, whose lock orders the log-ins and log-outs of the pool, and the same rows
-- beside it: the session with its device and its token's digest, and an entry of the journal.
-- The CHECK and the unique indexes are the last line of defence.

CREATE TABLE by_hand.pools (
    pool_id uuid PRIMARY KEY,
    version bigint NOT NULL DEFAULT 0,
    seats bigint NOT NULL,
    occupied bigint NOT NULL DEFAULT 0,
    CHECK (occupied BETWEEN 0 AND seats)
) WITH (fillfactor = 50);

CREATE TABLE by_hand.sessions (
    pool_id uuid NOT NULL,
    session_id uuid NOT NULL,
    user_id uuid NOT NULL,
    device_id text NOT NULL,
    device_name text NOT NULL,
    token bytea NOT NULL CHECK (octet_length(token) = 32),
    started_at timestamptz NOT NULL,
    ended_at timestamptz,
    reason text,
    PRIMARY KEY (pool_id, session_id),
    CHECK ((ended_at IS NULL) = (reason IS NULL))
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX ON by_hand.sessions (token);
CREATE UNIQUE INDEX ON by_hand.sessions (pool_id, user_id) WHERE ended_at IS NULL;

CREATE TABLE by_hand.desk_journal (
    pool_id uuid NOT NULL,
    sequence bigint NOT NULL,
    at timestamptz NOT NULL,
    actor_id uuid NOT NULL,
    request_id uuid NOT NULL,
    kind text NOT NULL,
    session_id uuid NOT NULL,
    user_id uuid NOT NULL,
    occupied bigint NOT NULL,
    PRIMARY KEY (pool_id, sequence)
);

CREATE FUNCTION by_hand.log_in(
    pool uuid, member uuid, session uuid, digest bytea, device text, request uuid
)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    last_version bigint;
    seated bigint;
    free bigint;
BEGIN
    SELECT version, occupied, seats - occupied INTO last_version, seated, free
        FROM by_hand.pools WHERE pool_id = pool FOR UPDATE;
    IF NOT FOUND OR free < 1 THEN
        RETURN false;
    END IF;
    INSERT INTO by_hand.sessions
        VALUES (pool, session, member, device, 'Desk', digest, clock_timestamp(), NULL, NULL);
    UPDATE by_hand.pools SET occupied = occupied + 1, version = version + 1
        WHERE pool_id = pool;
    INSERT INTO by_hand.desk_journal
        VALUES (pool, last_version + 1, clock_timestamp(), member, request,
                'session_started', session, member, seated + 1);
    RETURN true;
END $$;

CREATE FUNCTION by_hand.log_out(pool uuid, digest bytea, request uuid)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    last_version bigint;
    seated bigint;
    session uuid;
    member uuid;
BEGIN
    SELECT version, occupied INTO last_version, seated
        FROM by_hand.pools WHERE pool_id = pool FOR UPDATE;
    UPDATE by_hand.sessions SET ended_at = clock_timestamp(), reason = 'logged_off'
        WHERE token = digest AND ended_at IS NULL
        RETURNING session_id, user_id INTO session, member;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE by_hand.pools SET occupied = occupied - 1, version = version + 1
        WHERE pool_id = pool;
    INSERT INTO by_hand.desk_journal
        VALUES (pool, last_version + 1, clock_timestamp(), member, request,
                'session_ended', session, member, seated - 1);
    RETURN true;
END $$;
