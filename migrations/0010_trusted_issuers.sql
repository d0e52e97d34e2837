-- Issuers whose signature vouches for people (RFC 7523 §2.1), and what comes of their tokens at the most.
CREATE TABLE trusted_issuers (
    -- The iss of its tokens, byte for byte.
    issuer     TEXT   PRIMARY KEY,
    -- Its public keys, as a JWK Set, or where they are: one of the two.
    jwks       TEXT,
    jwks_uri   TEXT,
    scopes     TEXT   NOT NULL,
    -- Whom its tokens may be for beside the issuer of this server.
    audience   TEXT   CHECK (audience IN ('token-endpoint')),
    created_at BIGINT NOT NULL
);

-- The clients that may bring its tokens.
CREATE TABLE trusted_issuer_clients (
    issuer    TEXT NOT NULL REFERENCES trusted_issuers (issuer) ON DELETE CASCADE,
    client_id TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    PRIMARY KEY (issuer, client_id)
);
CREATE INDEX trusted_issuer_clients_client ON trusted_issuer_clients (client_id);

-- Whom its tokens are about: never by a name or an address, which somebody else may have there one day.
CREATE TABLE trusted_subjects (
    issuer     TEXT   NOT NULL REFERENCES trusted_issuers (issuer) ON DELETE CASCADE,
    subject    TEXT   NOT NULL,
    user_id    TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX trusted_subjects_user ON trusted_subjects (user_id);

-- Who vouched for the person, where no sign-in here did: the grant ends with that trust.
ALTER TABLE grants ADD COLUMN issuer TEXT;
ALTER TABLE grants ADD COLUMN issuer_subject TEXT;
CREATE INDEX grants_issuer ON grants (issuer) WHERE issuer IS NOT NULL;

-- Who acts for whom (RFC 8693).

-- The client that may exchange the tokens of this one, and nobody else then.
ALTER TABLE clients ADD COLUMN may_act TEXT;
-- What it exchanges does not say that it acts.
ALTER TABLE clients ADD COLUMN may_impersonate BOOLEAN NOT NULL DEFAULT FALSE;

-- Who acts, who may, and the tokens that it was exchanged from, as JSON; most tokens have none of that.
ALTER TABLE access_tokens ADD COLUMN delegation TEXT;
