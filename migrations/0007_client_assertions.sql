-- Clients that prove who they are by a signature (RFC 7523).

-- In the place of auth_method, which is then empty and would let no secret in, as such a client has none that is live.
ALTER TABLE clients ADD COLUMN assertion_method TEXT CHECK (assertion_method IN ('private_key_jwt', 'client_secret_jwt'));
-- Where its public keys are, in the place of jwks.
ALTER TABLE clients ADD COLUMN jwks_uri TEXT;
-- Whom its assertions may be for beside the issuer.
ALTER TABLE clients ADD COLUMN assertion_audience TEXT CHECK (assertion_audience IN ('token-endpoint'));

-- The secret itself, sealed under the master key and bound to its row: only for client_secret_jwt, since a hash cannot
-- verify a MAC.
ALTER TABLE client_secrets ADD COLUMN sealed BYTEA;

-- What counts once and is stored nowhere else: by the hash of who made it and what they call it, until it would have
-- ended by itself.
CREATE TABLE used_assertions (
    id         BYTEA  PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
CREATE INDEX used_assertions_end ON used_assertions (expires_at);
