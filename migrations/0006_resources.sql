-- Protected APIs (RFC 8707), and what their access tokens look like.

CREATE TABLE resources (
    uri                   TEXT   PRIMARY KEY,
    -- Of what applications ask for, what is this API's.
    scopes                TEXT   NOT NULL,
    token_format          TEXT   NOT NULL CHECK (token_format IN ('jwt', 'opaque')),
    -- What its JWTs are signed with, in the place of tokens.access_token_alg.
    token_alg             TEXT   CHECK (token_alg IN ('RS256', 'PS256', 'ES256', 'EdDSA')),
    access_token_lifetime BIGINT,
    created_at            BIGINT NOT NULL
);

-- The clients that may introspect tokens for a resource: its servers.
CREATE TABLE resource_servers (
    resource  TEXT NOT NULL REFERENCES resources (uri) ON DELETE CASCADE,
    client_id TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    PRIMARY KEY (resource, client_id)
);
CREATE INDEX resource_servers_client ON resource_servers (client_id);

-- What its access tokens look like where they are for no resource.
ALTER TABLE clients ADD COLUMN token_format TEXT NOT NULL DEFAULT 'opaque' CHECK (token_format IN ('jwt', 'opaque'));
-- The only resources that it may name; empty: each of which it is allowed a scope.
ALTER TABLE clients ADD COLUMN resources TEXT NOT NULL DEFAULT '';
-- In seconds. The shortest of those of client, resource and scopes counts, and the server's where there are none.
ALTER TABLE clients ADD COLUMN access_token_lifetime BIGINT;
ALTER TABLE scopes ADD COLUMN access_token_lifetime BIGINT;

-- What the request named.
ALTER TABLE codes ADD COLUMN resources TEXT NOT NULL DEFAULT '';
ALTER TABLE grants ADD COLUMN resources TEXT NOT NULL DEFAULT '';
-- The one that a token is for; nothing: this server.
ALTER TABLE access_tokens ADD COLUMN audience TEXT;

-- Tokens that are stored nowhere, and were revoked one by one: by jti, until they would have ended.
CREATE TABLE revoked_tokens (
    id         TEXT   PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
CREATE INDEX revoked_tokens_end ON revoked_tokens (expires_at);
