-- Whom users added to their contact lists. An address that somebody of the domain has is that
-- person when the list is read, not before.
CREATE TABLE contacts (
    domain uuid NOT NULL,
    user_id uuid NOT NULL,
    id uuid NOT NULL,
    email text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    name_key text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (domain, user_id, id)
);
CREATE UNIQUE INDEX contact_email ON contacts (domain, user_id, email);
