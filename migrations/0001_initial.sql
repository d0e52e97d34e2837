-- The schema, in one text for SQLite and PostgreSQL.
--
-- * Ids and times come from the application. Times are seconds since 1970, spans are seconds, hashes are 32 bytes of
--   SHA-256. A list is text, separated by spaces where nothing else is said.
-- * A column with a fixed set of words has no CHECK: the application parses every word that it reads, and refuses to
--   go on with one that it does not know. So a new algorithm or method changes no schema.
-- * expires_at is when something ends. purge_after is when its row may be deleted, in tables that remember what has
--   ended; in the other tables both are the same moment, and expires_at says it. Every table whose rows end has an
--   index on the one that counts, so that it can be purged in small steps.
-- * src/store/tables.rs lists every table and column, for copies from one engine to the other.
--
-- Nothing is released yet: until the first tag, a change of the schema is a change of this file, and a database that
-- an earlier build made is refused. After the first tag, this file is never edited again.

-- The oldest release that works on this schema. Nodes of two releases serve side by side while one replaces the other,
-- so a migration only adds. A migration that an older release would not survive raises this, and that release stops.
CREATE TABLE schema_requirement (
    id             BIGINT PRIMARY KEY CHECK (id = 1),
    oldest_release TEXT   NOT NULL
);
INSERT INTO schema_requirement (id, oldest_release) VALUES (1, '0.1.0');

-- Work that one node at a time does: who does it, and until when if that node dies.
CREATE TABLE leases (
    name       TEXT   PRIMARY KEY,
    holder     TEXT   NOT NULL,
    expires_at BIGINT NOT NULL
);

-- What the clock of each running node said when it last renewed its row. Before a node deletes rows or makes keys, it
-- compares its own clock with these.
CREATE TABLE node_clocks (
    node TEXT   PRIMARY KEY,
    time BIGINT NOT NULL
);


-- Applications

CREATE TABLE clients (
    id          TEXT   PRIMARY KEY,
    -- Grows with every change of the client or its secrets: a token is issued only if the client is still in the state
    -- in which it was authenticated.
    version     BIGINT NOT NULL,
    -- Everything that its registration says, as JSON: src/oauth/client/metadata.rs has the names.
    metadata    TEXT   NOT NULL,
    -- Copies of what queries look for in the metadata. They are written together with it, and never read from here.
    -- search_text has the id, the name in each of its languages, and the addresses, each on its line, in the form in which
    -- all spellings are equal.
    search_text TEXT   NOT NULL DEFAULT '',
    -- The name in that form, by which lists are sorted.
    name_key    TEXT   NOT NULL DEFAULT '',
    kind        TEXT   NOT NULL DEFAULT '',
    -- Separated by spaces.
    grant_types TEXT   NOT NULL DEFAULT '',
    scopes      TEXT   NOT NULL DEFAULT '',
    resources   TEXT   NOT NULL DEFAULT '',
    may_act     TEXT,
    logo_digest TEXT,
    logo_dark_digest TEXT,
    backchannel_logout_uri  TEXT,
    frontchannel_logout_uri TEXT,
    created_at  BIGINT NOT NULL,
    disabled_at BIGINT
);
CREATE INDEX clients_name ON clients (name_key, id);
CREATE INDEX clients_created ON clients (created_at, id);

-- The client of the console (src/oauth/client/console.rs). Its redirect URI is made from the public URL.
INSERT INTO clients (id, version, metadata, search_text, name_key, kind, grant_types, scopes, created_at) VALUES
    ('grantor-console', 1,
     '{"kind":"web","client_name":"Console","grant_types":["authorization_code"],"scope":"grantor.read grantor.write","pkce":"require","par":"off","first_party":true}',
     'grantor-console', 'console', 'web', 'authorization_code', 'grantor.read grantor.write', 0);

-- Origins whose scripts may call this server for a client: the registered ones, and the origins of a public client's
-- redirect URIs. They follow from the client's row, and are written with it.
CREATE TABLE client_origins (
    origin    TEXT NOT NULL,
    client_id TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    PRIMARY KEY (origin, client_id)
);
CREATE INDEX client_origins_client ON client_origins (client_id);

CREATE TABLE client_secrets (
    id           TEXT   PRIMARY KEY,
    client_id    TEXT   NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    -- Depends on who made the secret: sha256 for 256 random bits of this server, argon2id for one that a person chose.
    algorithm    TEXT   NOT NULL,
    hash         TEXT   NOT NULL,
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT,
    last_used_at BIGINT,
    -- The secret itself, sealed under the master key and bound to its row: only for client_secret_jwt, because a hash
    -- cannot verify a MAC.
    sealed       BYTEA,
    -- Only for argon2id: 16 bits of a MAC of the secret under a key that is not in the database. They choose the one hash
    -- that a presented secret is compared with.
    tag          BIGINT
);
CREATE INDEX client_secrets_client ON client_secrets (client_id);

-- Logos are stored here and served by this server, so that a consent page tells no third party of a visit.
CREATE TABLE logos (
    digest     TEXT   PRIMARY KEY,
    media_type TEXT   NOT NULL,
    bytes      BYTEA  NOT NULL
);


-- What applications may ask for

CREATE TABLE scopes (
    name        TEXT    PRIMARY KEY,
    -- Grows with every change, here and in resources and users.
    version     BIGINT  NOT NULL DEFAULT 1,
    description TEXT    NOT NULL,
    -- What follows for the person from allowing it; the consent page says it if the scope is sensitive.
    consequence TEXT,
    -- The description and the consequence in languages, as JSON: {"description#de": "…"}.
    localized   TEXT    NOT NULL DEFAULT '{}',
    -- Only for a client that is registered for it by name.
    sensitive   BOOLEAN NOT NULL,
    -- The claims of the person that an application gets with it.
    claims      TEXT    NOT NULL DEFAULT '',
    created_at  BIGINT  NOT NULL,
    access_token_lifetime BIGINT,
    -- A person who is not in this group gets no token with the scope.
    required_group TEXT,
    -- A person cannot leave the scope out of a request, also if the client allows partial consent.
    required       BOOLEAN NOT NULL DEFAULT FALSE
);

-- How often a scope or an authorization type was deleted. What a request was allowed before a deletion is not stored after it:
-- a later scope of the same name may mean something else.
CREATE TABLE withdrawals (
    id    BIGINT PRIMARY KEY,
    count BIGINT NOT NULL
);
INSERT INTO withdrawals (id, count) VALUES (1, 0);

-- OpenID Connect Core §5.4 and §11. Operators may change their descriptions and their claims.
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

-- The scopes of the management API. Operators cannot change them.
INSERT INTO scopes (name, description, consequence, sensitive, created_at) VALUES
    ('grantor.read', 'See everything that this server stores, except secrets', NULL, TRUE, 0),
    ('grantor.write', 'Change everything on this server',
     'It can make anyone an owner of this server, and sign in as anyone.', TRUE, 0),
    ('grantor.clients.read', 'See the applications that are registered here', NULL, TRUE, 0),
    ('grantor.clients.write', 'Register, change and delete applications',
     'It can lock people out of an application.', TRUE, 0),
    ('grantor.users.read', 'See the accounts of all people, and where they are signed in', NULL, TRUE, 0),
    ('grantor.users.write', 'Create, change and delete accounts',
     'It can set the passwords of people, and lock them out.', TRUE, 0),
    ('grantor.grants.read', 'See what people have allowed applications', NULL, TRUE, 0),
    ('grantor.grants.write', 'Take back what people have allowed applications', NULL, TRUE, 0),
    ('grantor.keys.read', 'See the public keys of this server', NULL, TRUE, 0),
    ('grantor.keys.write', 'Renew and retire the keys that sign tokens',
     'It can make all tokens invalid.', TRUE, 0),
    ('grantor.audit.read', 'See who did what on this server, and which requests it refused', NULL, TRUE, 0),
    ('grantor.audit.write', 'See who did what on this server, and which requests it refused', NULL, TRUE, 0),
    ('grantor.config.read', 'See the scopes, APIs, trusted issuers and webhooks of this server', NULL, TRUE, 0),
    ('grantor.config.write', 'Change the scopes, APIs, trusted issuers and webhooks of this server',
     'It can change what applications are allowed to ask for.', TRUE, 0);

-- Protected APIs (RFC 8707), and the format of their access tokens.
CREATE TABLE resources (
    uri                   TEXT   PRIMARY KEY,
    version               BIGINT NOT NULL DEFAULT 1,
    -- The scopes that belong to this API.
    scopes                TEXT   NOT NULL,
    token_format          TEXT   NOT NULL,
    -- Signs its JWTs, in the place of tokens.access_token_alg.
    token_alg             TEXT,
    access_token_lifetime BIGINT,
    created_at            BIGINT NOT NULL
);

-- The types of authorization details (RFC 9396).
CREATE TABLE authorization_types (
    name       TEXT    PRIMARY KEY,
    version    BIGINT  NOT NULL DEFAULT 1,
    -- The JSON Schema of a detail.
    schema     TEXT    NOT NULL,
    -- The sentence on the consent page, and the same in languages, as JSON: {"template#de": "…"}.
    template   TEXT    NOT NULL,
    localized  TEXT    NOT NULL DEFAULT '{}',
    -- The APIs that details may name, separated by spaces.
    resources  TEXT    NOT NULL DEFAULT '',
    -- A consent is not remembered.
    always_ask BOOLEAN NOT NULL DEFAULT FALSE,
    -- Says whether a node has the type already as it is here: a hash of the columns above.
    digest     TEXT    NOT NULL,
    created_at BIGINT  NOT NULL
);

-- The clients that may introspect tokens for a resource: its servers.
CREATE TABLE resource_servers (
    resource  TEXT NOT NULL REFERENCES resources (uri) ON DELETE CASCADE,
    client_id TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    PRIMARY KEY (resource, client_id)
);
CREATE INDEX resource_servers_client ON resource_servers (client_id);


-- People

CREATE TABLE users (
    id                  TEXT   PRIMARY KEY,
    version             BIGINT NOT NULL DEFAULT 1,
    username            TEXT   NOT NULL,
    email               TEXT,
    name                TEXT,
    -- All other claims, as a JSON object: OpenID Connect Core §5.1, groups, and the operator's own.
    claims              TEXT   NOT NULL DEFAULT '{}',
    password_hash       TEXT,
    password_changed_at BIGINT,
    created_at          BIGINT NOT NULL,
    -- The last change of anything above except the password.
    updated_at          BIGINT NOT NULL,
    disabled_at         BIGINT,
    -- What the person may do with the management API: owner, operator, auditor; NULL for nothing.
    role                TEXT,
    -- The secret that an application sends before it may ask the person on another device (OpenID Connect CIBA Core 1.0
    -- §7.1), as Argon2id makes it; NULL for a person without one.
    user_code_hash       TEXT,
    user_code_changed_at BIGINT
);
CREATE INDEX users_username ON users (username, id);
CREATE INDEX users_created ON users (created_at, id);

-- What a person may type at sign-in. Usernames and e-mail addresses share one table: if one person's username could be
-- another person's address, it would open the wrong account.
CREATE TABLE user_names (
    folded  TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX user_names_user ON user_names (user_id);

-- What usernames look like (UTS 39): compared when a person chooses a name, and never looked up at sign-in.
CREATE TABLE user_skeletons (
    skeleton TEXT NOT NULL,
    user_id  TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    PRIMARY KEY (skeleton, user_id)
);
CREATE INDEX user_skeletons_user ON user_skeletons (user_id);

-- By which a person sets a password without knowing the old one; an operator makes the link and hands it over. A user has
-- at most one.
CREATE TABLE password_links (
    user_id     TEXT   PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    hash        BYTEA  NOT NULL UNIQUE,
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    consumed_at BIGINT
);
CREATE INDEX password_links_end ON password_links (expires_at);

CREATE TABLE sessions (
    cookie_hash  BYTEA  PRIMARY KEY,
    -- The name that codes and grants remember; it does not open the session.
    id           TEXT   NOT NULL UNIQUE,
    user_id      TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- The sign-in: when, and by which methods (RFC 8176). Codes and grants repeat both.
    auth_time    BIGINT NOT NULL,
    amr          TEXT   NOT NULL,
    last_seen_at BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_end ON sessions (expires_at);
-- A session also ends when it is not used for a time that the configuration says.
CREATE INDEX sessions_seen ON sessions (last_seen_at);

-- What a person has done for an authorization request that waits: one row per tab. Copies of the tab's address that are
-- made before or after find it by its id.
CREATE TABLE flows (
    id           TEXT   PRIMARY KEY,
    -- The request and a hash of the browser's secret; NULL: the address of the pages contains them.
    request      TEXT,
    -- The sessions in which the person signed in, and consented, for this request.
    signed_in    TEXT,
    consented    TEXT,
    -- The session that the person chose, or signed in to, for this request.
    chosen       TEXT,
    -- When the application got its answer; there is no second one.
    answered_at  BIGINT,
    -- Until then a flow that has expired leads back to the application.
    purge_after  BIGINT NOT NULL
);
CREATE INDEX flows_purge ON flows (purge_after);

CREATE TABLE consents (
    user_id    TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    client_id  TEXT   NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    -- All that the person has allowed so far, as JSON.
    granted    TEXT   NOT NULL,
    -- What the person has left out where the client allows partial consent, in the same form. NULL: nothing.
    refused    TEXT,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, client_id)
);
CREATE INDEX consents_client ON consents (client_id, user_id);


-- What was issued. These tables have no foreign keys: their rows come and go by the thousand, every use reads client
-- and user anyway, and a row whose client or user is gone gives nothing and ends by itself.
--
-- granted is what an application may have, as JSON: scope, resources, claims, authorization_details, each only where it is not empty
-- (src/oauth/grant/granted.rs). Equal values have equal texts. cnf is what the tokens are bound to, as JSON (RFC 7800);
-- NULL: any holder may use them.

CREATE TABLE codes (
    hash         BYTEA  PRIMARY KEY,
    client_id    TEXT   NOT NULL,
    user_id      TEXT   NOT NULL,
    session_id   TEXT   NOT NULL,
    -- Chosen when the code is issued, so that a replay finds what to revoke.
    grant_id     TEXT   NOT NULL,
    redirect_uri TEXT   NOT NULL,
    granted      TEXT   NOT NULL,
    challenge    TEXT,
    nonce        TEXT,
    auth_time    BIGINT NOT NULL,
    amr          TEXT   NOT NULL,
    cnf          TEXT,
    expires_at   BIGINT NOT NULL,
    consumed_at  BIGINT,
    -- A consumed code stays as long as anything issued from it may live: its replay must be recognized.
    purge_after  BIGINT NOT NULL
);
CREATE INDEX codes_purge ON codes (purge_after);

-- Devices that ask for tokens while a person signs in elsewhere (RFC 8628).
CREATE TABLE device_codes (
    hash          BYTEA  PRIMARY KEY,
    -- Chosen when the code is issued: pages name the request by it, and the tokens belong to it.
    grant_id      TEXT   NOT NULL UNIQUE,
    -- What the person types. It opens nothing: a person who has it can only say yes or no under an account of their own. It
    -- is deleted with the answer, so that it can be entered once.
    user_code     TEXT   UNIQUE,
    client_id     TEXT   NOT NULL,
    granted       TEXT   NOT NULL,
    -- The address that the device asked from, for the person to compare.
    address       TEXT   NOT NULL,
    created_at    BIGINT NOT NULL,
    -- Seconds between two polls, and when the last one was.
    poll_interval BIGINT NOT NULL,
    polled_at     BIGINT,
    -- The person's answer: who allowed it, or that it was denied.
    user_id       TEXT,
    session_id    TEXT,
    auth_time     BIGINT,
    amr           TEXT,
    cnf           TEXT,
    denied_at     BIGINT,
    expires_at    BIGINT NOT NULL,
    consumed_at   BIGINT,
    -- As in codes.
    purge_after   BIGINT NOT NULL
);
CREATE INDEX device_codes_purge ON device_codes (purge_after);
CREATE INDEX device_codes_user ON device_codes (user_id);

-- The request of an application for a person, who answers on a device of their own (CIBA). The hash is that of the
-- auth_req_id.
CREATE TABLE backchannel_requests (
    hash            BYTEA  PRIMARY KEY,
    -- As in device_codes.
    grant_id        TEXT   NOT NULL UNIQUE,
    client_id       TEXT   NOT NULL,
    -- The only person who may answer.
    user_id         TEXT   NOT NULL,
    granted         TEXT   NOT NULL,
    -- What both devices show.
    binding_message TEXT,
    address         TEXT   NOT NULL,
    created_at      BIGINT NOT NULL,
    -- As in device_codes.
    poll_interval   BIGINT NOT NULL,
    polled_at       BIGINT,
    -- The person's answer: the session in which it was allowed, or that it was denied.
    session_id      TEXT,
    auth_time       BIGINT,
    amr             TEXT,
    cnf             TEXT,
    denied_at       BIGINT,
    -- The auth_req_id and the token of the application's notification, sealed under the master key and bound to the
    -- grant_id. Only with the delivery mode ping.
    sealed_ping     BYTEA,
    expires_at      BIGINT NOT NULL,
    consumed_at     BIGINT,
    -- As in codes.
    purge_after     BIGINT NOT NULL
);
CREATE INDEX backchannel_requests_purge ON backchannel_requests (purge_after);
CREATE INDEX backchannel_requests_user ON backchannel_requests (user_id, created_at);

-- One row for each answer that an application must learn of, written with that answer.
CREATE TABLE backchannel_pings (
    grant_id        TEXT   PRIMARY KEY,
    client_id       TEXT   NOT NULL,
    -- What is sent, sealed as in backchannel_requests; forgotten with the last attempt.
    sealed          BYTEA,
    -- waiting, delivered or failed.
    state           TEXT   NOT NULL,
    attempts        BIGINT NOT NULL,
    -- Moved ahead before each attempt, as in logout_deliveries.
    next_attempt_at BIGINT NOT NULL,
    last_error      TEXT,
    created_at      BIGINT NOT NULL,
    done_at         BIGINT,
    -- When the request ends, and with it every attempt.
    expires_at      BIGINT NOT NULL,
    purge_after     BIGINT NOT NULL
);
CREATE INDEX backchannel_pings_due ON backchannel_pings (state, next_attempt_at);
CREATE INDEX backchannel_pings_purge ON backchannel_pings (purge_after);

-- One authorization that a user gave a client. The refresh token chain is a part of it: the current token's generation
-- and hash. The tokens before it are recognized by their MAC.
CREATE TABLE grants (
    id                 TEXT   PRIMARY KEY,
    client_id          TEXT   NOT NULL,
    user_id            TEXT   NOT NULL,
    session_id         TEXT   NOT NULL,
    granted            TEXT   NOT NULL,
    -- Whether offline_access is among the scopes: the grant outlives its session.
    offline_access     BOOLEAN NOT NULL,
    auth_time          BIGINT NOT NULL,
    amr                TEXT   NOT NULL,
    cnf                TEXT,
    created_at         BIGINT NOT NULL,
    refresh_hash       BYTEA,
    refresh_generation BIGINT NOT NULL,
    rotated_at         BIGINT NOT NULL,
    -- The network that the current token was first issued to (NULL: it is the first token), and how often it was issued
    -- again because its predecessor was presented again.
    rotated_from       TEXT,
    answered_again     BIGINT NOT NULL DEFAULT 0,
    -- The end if no one refreshes it, and the end in any case.
    idle_expires_at    BIGINT NOT NULL,
    expires_at         BIGINT NOT NULL,
    -- When no one can refresh it any more and its last access token has ended, too.
    purge_after        BIGINT NOT NULL,
    revoked_at         BIGINT,
    revoked_for        TEXT,
    -- The trusted issuer that vouched for the person, and its subject. NULL: the person signed in here. The grant ends
    -- with that trust.
    issuer             TEXT,
    issuer_subject     TEXT
);
CREATE INDEX grants_purge ON grants (purge_after);
-- With what the rows are searched for when they are revoked in steps, so that a step reads no more rows than it changes.
CREATE INDEX grants_user ON grants (user_id, revoked_at);
CREATE INDEX grants_session ON grants (session_id, offline_access, revoked_at);
CREATE INDEX grants_issuer ON grants (issuer, id) WHERE issuer IS NOT NULL;

CREATE TABLE access_tokens (
    hash       BYTEA  PRIMARY KEY,
    client_id  TEXT   NOT NULL,
    user_id    TEXT,
    grant_id   TEXT,
    granted    TEXT   NOT NULL,
    issued_at  BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    -- The resource that the token is for. NULL: this server.
    audience   TEXT,
    -- Who acts, who may act, and the tokens that this one was exchanged from, as JSON. NULL: most tokens.
    delegation TEXT,
    cnf        TEXT
);
CREATE INDEX access_tokens_end ON access_tokens (expires_at);

-- JWT access tokens that were revoked one by one: their jti, until they would have ended.
CREATE TABLE revoked_tokens (
    id         TEXT   PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
CREATE INDEX revoked_tokens_end ON revoked_tokens (expires_at);

-- Assertions that count once: the hash of who made one and of its jti, until it would have ended by itself.
CREATE TABLE used_assertions (
    id         BYTEA  PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
CREATE INDEX used_assertions_end ON used_assertions (expires_at);

-- One row for each application that must learn of the end of a session, written with that end. It holds ids without
-- foreign keys: client, person and session may be gone by then.
CREATE TABLE logout_deliveries (
    session_id      TEXT   NOT NULL,
    client_id       TEXT   NOT NULL,
    user_id         TEXT   NOT NULL,
    -- waiting, delivered or failed.
    state           TEXT   NOT NULL,
    attempts        BIGINT NOT NULL,
    -- Moved ahead before each attempt: if the node dies in the middle, the attempt is made again, and no other node
    -- makes it in the meantime.
    next_attempt_at BIGINT NOT NULL,
    last_error      TEXT,
    created_at      BIGINT NOT NULL,
    done_at         BIGINT,
    purge_after     BIGINT NOT NULL,
    PRIMARY KEY (session_id, client_id)
);
CREATE INDEX logout_deliveries_due ON logout_deliveries (state, next_attempt_at);
CREATE INDEX logout_deliveries_purge ON logout_deliveries (purge_after);

-- How often someone guessed wrong in a span of time; counted by all nodes together.
CREATE TABLE guesses (
    bucket     TEXT   PRIMARY KEY,
    count      BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX guesses_end ON guesses (expires_at);

-- How many rows of a kind the strangers of a network have made, by the time until which these rows count; counted by all
-- nodes together. There are at most as many rows here as there are rows that they count.
CREATE TABLE row_budgets (
    kind       TEXT   NOT NULL,
    network    TEXT   NOT NULL,
    expires_at BIGINT NOT NULL,
    count      BIGINT NOT NULL,
    PRIMARY KEY (kind, network, expires_at)
);
CREATE INDEX row_budgets_end ON row_budgets (expires_at);


-- Trusted issuers: their signature vouches for people (RFC 7523 §2.1)

CREATE TABLE trusted_issuers (
    -- The iss of its tokens, byte for byte.
    issuer     TEXT   PRIMARY KEY,
    -- Its public keys, as a JWK Set, or where they are: one of the two.
    jwks       TEXT,
    jwks_uri   TEXT,
    -- The most that its tokens can be exchanged for.
    scopes     TEXT   NOT NULL,
    -- Which audience its tokens may have beside the issuer of this server.
    audience   TEXT,
    created_at BIGINT NOT NULL
);

-- The clients that may present its tokens.
CREATE TABLE trusted_issuer_clients (
    issuer    TEXT NOT NULL REFERENCES trusted_issuers (issuer) ON DELETE CASCADE,
    client_id TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    PRIMARY KEY (issuer, client_id)
);
CREATE INDEX trusted_issuer_clients_client ON trusted_issuer_clients (client_id);

-- The user of each subject. Never found by a name or an address, which may belong to another person there one day.
CREATE TABLE trusted_subjects (
    issuer     TEXT   NOT NULL REFERENCES trusted_issuers (issuer) ON DELETE CASCADE,
    subject    TEXT   NOT NULL,
    user_id    TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX trusted_subjects_user ON trusted_subjects (user_id);


-- The audit trail: who did what. Rows without foreign keys, because an event outlives what it is about.

CREATE TABLE events (
    -- Sorts by time, and by the order in which one process made the events.
    id           TEXT   PRIMARY KEY,
    -- The place in the chain, without gaps, and the MAC over this event and the chain before it. Both are NULL for the
    -- moment until a node numbers the event, so a reader who goes by numbers misses no event that was committed late.
    number       BIGINT,
    chain        BYTEA,
    time         BIGINT NOT NULL,
    act          TEXT   NOT NULL,
    object_kind  TEXT   NOT NULL,
    object_id    TEXT   NOT NULL,
    object_name  TEXT,
    actor_kind   TEXT   NOT NULL,
    actor_id     TEXT,
    actor_name   TEXT,
    actor_client TEXT,
    user_id      TEXT,
    client_id    TEXT,
    address      TEXT,
    request_id   TEXT,
    reason       TEXT,
    -- What changed, as JSON: [{"member": …, "before": …, "after": …}]. NULL: nothing.
    changes      TEXT
);
CREATE INDEX events_new ON events (id) WHERE number IS NULL;
CREATE UNIQUE INDEX events_number ON events (number) WHERE number IS NOT NULL;
-- Written when an event is numbered, beside the requests. Most events are tokens of a client's own, which have no user.
CREATE INDEX events_user ON events (user_id, number) WHERE number IS NOT NULL AND user_id IS NOT NULL;
CREATE INDEX events_client ON events (client_id, number) WHERE number IS NOT NULL;

-- The two ends of the chain: head is the last event that was numbered, base the last one that was deleted because of its
-- age. mac proves that a node with the master key wrote the row.
CREATE TABLE event_chain (
    id     TEXT   PRIMARY KEY,
    number BIGINT NOT NULL,
    chain  BYTEA  NOT NULL,
    mac    BYTEA  NOT NULL
);


-- Keys

-- Keys of the server itself, sealed under the master key, which is not in the database.
CREATE TABLE server_keys (
    id         TEXT   PRIMARY KEY,
    sealed     BYTEA  NOT NULL,
    created_at BIGINT NOT NULL
);

-- A key's end is not stored: it follows from the beginning of the next key, which an operator may bring forward or take
-- back. There are few; a key that has ended is deleted when the next one is made.
CREATE TABLE signing_keys (
    -- The thumbprint of the public key (RFC 7638).
    kid        TEXT   PRIMARY KEY,
    algorithm  TEXT   NOT NULL,
    -- PKCS#8, sealed under the master key and bound to the kid.
    sealed     BYTEA  NOT NULL,
    public_jwk TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    signs_from BIGINT NOT NULL,
    retired_at BIGINT
);


-- The management API

-- API keys: the credentials of programs. A key that has ended stays listed until it is deleted.
CREATE TABLE api_keys (
    id           TEXT   PRIMARY KEY,
    name         TEXT   NOT NULL,
    -- SHA-256 of the key.
    hash         BYTEA  NOT NULL UNIQUE,
    scope        TEXT   NOT NULL,
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT,
    last_used_at BIGINT
);

-- Answers to requests with an Idempotency-Key, for the same request that comes again.
CREATE TABLE kept_answers (
    -- SHA-256 of who asks and of the Idempotency-Key.
    id         BYTEA  PRIMARY KEY,
    -- Who asks: the number of answers is bounded for each.
    holder     TEXT   NOT NULL,
    -- SHA-256 of the route and the body.
    request    BYTEA  NOT NULL,
    -- The answer, sealed under a key that is made from the Idempotency-Key.
    sealed     BYTEA  NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX kept_answers_end ON kept_answers (expires_at);
CREATE INDEX kept_answers_holder ON kept_answers (holder);


-- Webhooks: addresses of other programs that get the events of the audit trail.
CREATE TABLE webhooks (
    id               TEXT   PRIMARY KEY,
    name             TEXT   NOT NULL,
    url              TEXT   NOT NULL,
    -- Words of events such as client.updated, and beginnings such as user., separated by spaces. Empty: every event.
    types            TEXT   NOT NULL,
    -- The number of the last event that is among the deliveries, or does not match.
    position         BIGINT NOT NULL,
    created_at       BIGINT NOT NULL,
    disabled_at      BIGINT,
    -- operator, gone or failing.
    disabled_because TEXT,
    -- When the first attempt failed since the last one that succeeded.
    failing_since    BIGINT
);

-- The secrets that sign what a webhook gets. While a secret is replaced, the one before signs, too, until it ends.
CREATE TABLE webhook_secrets (
    id         TEXT   PRIMARY KEY,
    webhook_id TEXT   NOT NULL,
    -- Sealed under the master key and bound to the id.
    sealed     BYTEA  NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT
);
CREATE INDEX webhook_secrets_webhook ON webhook_secrets (webhook_id);
CREATE INDEX webhook_secrets_end ON webhook_secrets (expires_at);

-- The outbox of webhooks: each message to each webhook.
CREATE TABLE webhook_deliveries (
    webhook_id      TEXT   NOT NULL,
    -- The same in every attempt, so that the receiver recognizes a repetition. For an event, its id.
    message_id      TEXT   NOT NULL,
    type            TEXT   NOT NULL,
    -- What is sent, the same in every attempt.
    body            TEXT   NOT NULL,
    -- waiting, delivered or failed.
    state           TEXT   NOT NULL,
    attempts        BIGINT NOT NULL,
    -- Moved ahead before each attempt, as in logout_deliveries.
    next_attempt_at BIGINT NOT NULL,
    last_error      TEXT,
    created_at      BIGINT NOT NULL,
    done_at         BIGINT,
    -- NULL as long as the message waits.
    purge_after     BIGINT,
    PRIMARY KEY (webhook_id, message_id)
);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (state, next_attempt_at);
CREATE INDEX webhook_deliveries_webhook ON webhook_deliveries (webhook_id, state, next_attempt_at);
CREATE INDEX webhook_deliveries_purge ON webhook_deliveries (purge_after);


-- What operators look at

-- The last refused requests, for the operator. Strangers cause them: the number of rows is bounded, and the oldest go
-- first. A row never has a secret, a code or a token.
CREATE TABLE refusals (
    id          TEXT   PRIMARY KEY,
    -- A proxy may have chosen it, so it need not be unique.
    request_id  TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    -- The client that the request claimed to come from, which may not exist.
    client_id   TEXT,
    user_id     TEXT,
    address     TEXT   NOT NULL,
    -- An IPv4 address, or an IPv6 network of 48 bits: each has at most a tenth of the rows.
    network     TEXT   NOT NULL,
    path        TEXT   NOT NULL,
    reason      TEXT   NOT NULL,
    description TEXT   NOT NULL,
    -- What came beside what was registered, as JSON.
    detail      TEXT,
    expires_at  BIGINT NOT NULL
);
CREATE INDEX refusals_order ON refusals (created_at, id);
CREATE INDEX refusals_network ON refusals (network, created_at, id);
CREATE INDEX refusals_request ON refusals (request_id);
CREATE INDEX refusals_client ON refusals (client_id, created_at);
CREATE INDEX refusals_end ON refusals (expires_at);

-- What was counted for the whole server, by hour: sign_ins by outcome, tokens by grant type, refusals by reason. Nodes add
-- to the same rows once a minute.
CREATE TABLE hourly_counts (
    -- The beginning of the hour.
    hour       BIGINT NOT NULL,
    kind       TEXT   NOT NULL,
    word       TEXT   NOT NULL,
    count      BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (hour, kind, word)
);
CREATE INDEX hourly_counts_end ON hourly_counts (expires_at);

-- What was counted about a client in a day. One row has all counts, so that thousands of busy clients need few rows.
CREATE TABLE client_activity (
    client_id  TEXT   NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    -- The beginning of the day, in UTC.
    day        BIGINT NOT NULL,
    -- By fact and value, how often and when last, as JSON: {"scope": {"read": [12, 1790000000]}}
    -- (src/oauth/activity.rs has the words).
    counts     TEXT   NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (client_id, day)
);
CREATE INDEX client_activity_end ON client_activity (expires_at);

-- When a client last used each redirect URI, scope and grant type. A row stays as long as the client.
CREATE TABLE client_uses (
    client_id    TEXT   NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    kind         TEXT   NOT NULL,
    value        TEXT   NOT NULL,
    -- Exact to the hour.
    last_used_at BIGINT NOT NULL,
    PRIMARY KEY (client_id, kind, value)
);
