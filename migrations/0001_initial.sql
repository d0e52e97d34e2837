-- One text for SQLite and PostgreSQL: ids and times come from the application, times are seconds since
-- 1970, hashes are 32 bytes of SHA-256, lists are text separated by spaces. Every row that ends has an
-- indexed expires_at, so that it can be purged in small steps.

CREATE TABLE clients (
    id            TEXT    PRIMARY KEY,
    -- Grows with every change of the client or its secrets: a token is issued only to a client that
    -- was authenticated in the state that is still the current one.
    version       BIGINT  NOT NULL,
    kind          TEXT    NOT NULL CHECK (kind IN ('web', 'spa', 'native', 'service')),
    name          TEXT    NOT NULL,
    site_uri      TEXT,
    policy_uri    TEXT,
    terms_uri     TEXT,
    logo_digest   TEXT,
    redirect_uris TEXT    NOT NULL,
    post_logout_redirect_uris TEXT NOT NULL DEFAULT '',
    origins       TEXT    NOT NULL DEFAULT '',
    grants        TEXT    NOT NULL,
    scopes        TEXT    NOT NULL,
    auth_method   TEXT    CHECK (auth_method IN ('client_secret_basic', 'client_secret_post', 'none')),
    pkce          TEXT    CHECK (pkce IN ('required', 'optional')),
    id_token_alg  TEXT    CHECK (id_token_alg IN ('RS256', 'PS256', 'ES256', 'EdDSA')),
    first_party   BOOLEAN NOT NULL,
    created_at    BIGINT  NOT NULL,
    disabled_at   BIGINT
);

-- Whose scripts may call for a client, found by their origin: the registered ones, and those of the pages that a
-- public client is sent back to. It follows from the client's row, and is written with it.
CREATE TABLE client_origins (
    origin    TEXT NOT NULL,
    client_id TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    PRIMARY KEY (origin, client_id)
);
CREATE INDEX client_origins_client ON client_origins (client_id);

CREATE TABLE client_secrets (
    id           TEXT   PRIMARY KEY,
    client_id    TEXT   NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    -- What the secret is hashed with follows from who made it: sha256 for 256 random bits of ours,
    -- argon2id for what a person chose.
    algorithm    TEXT   NOT NULL CHECK (algorithm IN ('sha256', 'argon2id')),
    hash         TEXT   NOT NULL,
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT,
    last_used_at BIGINT
);
CREATE INDEX client_secrets_client ON client_secrets (client_id);

-- Logos are stored here and served by this server, so that a consent page tells no third party of a visit.
CREATE TABLE logos (
    digest     TEXT   PRIMARY KEY,
    media_type TEXT   NOT NULL CHECK (media_type IN ('image/png', 'image/jpeg', 'image/webp', 'image/gif')),
    bytes      BYTEA  NOT NULL
);

CREATE TABLE scopes (
    name        TEXT    PRIMARY KEY,
    description TEXT    NOT NULL,
    -- Never given to a client that did not name it.
    sensitive   BOOLEAN NOT NULL,
    -- What an application may learn of the person with it.
    claims      TEXT    NOT NULL DEFAULT '',
    created_at  BIGINT  NOT NULL
);

-- OpenID Connect Core §5.4 and §11. Operators may reword them, or let them tell more or less.
INSERT INTO scopes (name, description, sensitive, claims, created_at) VALUES
    ('openid', 'Know who you are', FALSE, '', 0),
    ('profile', 'See your name and what else your profile says', FALSE,
     'name family_name given_name middle_name nickname preferred_username profile picture website gender birthdate zoneinfo locale updated_at',
     0),
    ('email', 'See your e-mail address', FALSE, 'email email_verified', 0),
    ('address', 'See your postal address', TRUE, 'address', 0),
    ('phone', 'See your phone number', TRUE, 'phone_number phone_number_verified', 0),
    ('groups', 'See the groups that you belong to', TRUE, 'groups', 0),
    ('offline_access', 'Keep this access after you have signed out', TRUE, '', 0);

CREATE TABLE users (
    id                  TEXT   PRIMARY KEY,
    username            TEXT   NOT NULL,
    email               TEXT,
    name                TEXT,
    -- A JSON object of what else is known: OpenID Connect Core §5.1, groups, and claims of the operator's own.
    claims              TEXT   NOT NULL DEFAULT '{}',
    password_hash       TEXT,
    password_changed_at BIGINT,
    created_at          BIGINT NOT NULL,
    -- When something above was last changed, but for the password.
    updated_at          BIGINT NOT NULL,
    disabled_at         BIGINT
);

-- What a person may type at sign-in: one table for usernames and e-mail addresses, because a name that
-- is one person's username and another's address would be a way into the wrong account.
CREATE TABLE user_names (
    folded  TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX user_names_user ON user_names (user_id);

CREATE TABLE sessions (
    cookie_hash  BYTEA  PRIMARY KEY,
    -- The name that codes and grants remember; it does not open the session.
    id           TEXT   NOT NULL UNIQUE,
    user_id      TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    auth_time    BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_end ON sessions (expires_at);

-- An authorization request that waits for a person: one per tab, bound to one browser.
CREATE TABLE flows (
    id           TEXT   PRIMARY KEY,
    browser_hash BYTEA  NOT NULL,
    client_id    TEXT   NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    request      TEXT   NOT NULL,
    -- The sessions in which the person signed in, and consented, for this very request.
    signed_in    TEXT,
    consented    TEXT,
    -- When the person's time is over; the row stays until expires_at to lead the way back.
    ends_at      BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL
);
CREATE INDEX flows_end ON flows (expires_at);
CREATE INDEX flows_client ON flows (client_id);

CREATE TABLE consents (
    user_id    TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    client_id  TEXT   NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    scope      TEXT   NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, client_id)
);
CREATE INDEX consents_client ON consents (client_id);

-- No foreign keys from here on: these rows come and go by the thousand, the gate reads client and user
-- at every use, and a row without them is worth nothing and ends by itself.
CREATE TABLE codes (
    hash         BYTEA  PRIMARY KEY,
    client_id    TEXT   NOT NULL,
    user_id      TEXT   NOT NULL,
    session_id   TEXT   NOT NULL,
    -- Chosen when the code is issued, so that a replay finds what to revoke.
    grant_id     TEXT   NOT NULL,
    redirect_uri TEXT   NOT NULL,
    scope        TEXT   NOT NULL,
    challenge    TEXT,
    nonce        TEXT,
    auth_time    BIGINT NOT NULL,
    ends_at      BIGINT NOT NULL,
    consumed_at  BIGINT,
    -- A consumed code stays as long as anything issued from it may live: its replay must be recognized.
    expires_at   BIGINT NOT NULL
);
CREATE INDEX codes_end ON codes (expires_at);

-- One authorization that a user gave a client. The refresh token chain is a part of it: the current
-- token's generation and hash. The tokens before it are recognized by their MAC.
CREATE TABLE grants (
    id                 TEXT   PRIMARY KEY,
    client_id          TEXT   NOT NULL,
    user_id            TEXT   NOT NULL,
    session_id         TEXT   NOT NULL,
    scope              TEXT   NOT NULL,
    auth_time          BIGINT NOT NULL,
    created_at         BIGINT NOT NULL,
    refresh_hash       BYTEA,
    refresh_generation BIGINT NOT NULL,
    rotated_at         BIGINT NOT NULL,
    idle_expires_at    BIGINT NOT NULL,
    expires_at         BIGINT NOT NULL,
    revoked_at         BIGINT,
    revoked_for        TEXT
);
CREATE INDEX grants_end ON grants (expires_at);
CREATE INDEX grants_user ON grants (user_id);
CREATE INDEX grants_session ON grants (session_id);

CREATE TABLE access_tokens (
    hash       BYTEA  PRIMARY KEY,
    client_id  TEXT   NOT NULL,
    user_id    TEXT,
    grant_id   TEXT,
    scope      TEXT   NOT NULL,
    issued_at  BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX access_tokens_end ON access_tokens (expires_at);

-- Keys of the server itself, sealed under the master key, which is not in the database.
CREATE TABLE server_keys (
    id         TEXT   PRIMARY KEY,
    sealed     BYTEA  NOT NULL,
    created_at BIGINT NOT NULL
);

-- A key's end follows from the beginning of the key after it, which an operator may bring forward or take
-- back: so it is not stored. They are a handful; what has ended goes when the next one is made.
CREATE TABLE signing_keys (
    -- The thumbprint of the public key (RFC 7638).
    kid        TEXT   PRIMARY KEY,
    algorithm  TEXT   NOT NULL CHECK (algorithm IN ('RS256', 'PS256', 'ES256', 'EdDSA')),
    -- PKCS#8, sealed under the master key and bound to the kid.
    sealed     BYTEA  NOT NULL,
    public_jwk TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    signs_from BIGINT NOT NULL,
    retired_at BIGINT
);
