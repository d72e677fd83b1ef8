-- What a team would write instead of Usher: seats of one kind, counted in a row per domain.
-- The row lock on the counts orders the changes of a domain; the CHECK is the last line of defence.

CREATE SCHEMA by_hand;

CREATE TABLE by_hand.counts (
    domain_id uuid PRIMARY KEY,
    version bigint NOT NULL DEFAULT 0,
    business_ordered bigint NOT NULL,
    business_in_use bigint NOT NULL DEFAULT 0,
    CHECK (business_in_use BETWEEN 0 AND business_ordered)
) WITH (fillfactor = 50);

CREATE TABLE by_hand.users (
    domain_id uuid NOT NULL REFERENCES by_hand.counts,
    user_id uuid NOT NULL,
    email text NOT NULL,
    tier text NOT NULL DEFAULT 'base' CHECK (tier IN ('base', 'business', 'business_pro')),
    PRIMARY KEY (domain_id, user_id)
) WITH (fillfactor = 70);

CREATE TABLE by_hand.journal (
    domain_id uuid NOT NULL,
    sequence bigint NOT NULL,
    at timestamptz NOT NULL,
    actor_id uuid NOT NULL,
    request_id uuid NOT NULL,
    kind text NOT NULL,
    user_id uuid NOT NULL,
    tier_before text NOT NULL,
    tier_after text NOT NULL,
    PRIMARY KEY (domain_id, sequence)
);

CREATE FUNCTION by_hand.upgrade(domain uuid, member uuid, actor uuid, request uuid)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    last_version bigint;
    free bigint;
BEGIN
    SELECT version, business_ordered - business_in_use INTO last_version, free
        FROM by_hand.counts WHERE domain_id = domain FOR UPDATE;
    IF NOT FOUND OR free < 1 THEN
        RETURN false;
    END IF;
    UPDATE by_hand.users SET tier = 'business'
        WHERE domain_id = domain AND user_id = member AND tier = 'base';
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE by_hand.counts
        SET business_in_use = business_in_use + 1, version = version + 1
        WHERE domain_id = domain;
    INSERT INTO by_hand.journal
        VALUES (domain, last_version + 1, clock_timestamp(), actor, request,
                'license_changed', member, 'base', 'business');
    RETURN true;
END $$;

CREATE FUNCTION by_hand.downgrade(domain uuid, member uuid, actor uuid, request uuid)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    last_version bigint;
BEGIN
    SELECT version INTO last_version
        FROM by_hand.counts WHERE domain_id = domain FOR UPDATE;
    UPDATE by_hand.users SET tier = 'base'
        WHERE domain_id = domain AND user_id = member AND tier = 'business';
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE by_hand.counts
        SET business_in_use = business_in_use - 1, version = version + 1
        WHERE domain_id = domain;
    INSERT INTO by_hand.journal
        VALUES (domain, last_version + 1, clock_timestamp(), actor, request,
                'license_changed', member, 'business', 'base');
    RETURN true;
END $$;
