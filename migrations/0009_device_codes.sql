-- Devices that ask for tokens while a person signs in elsewhere (RFC 8628).

CREATE TABLE device_codes (
    hash          BYTEA  PRIMARY KEY,
    -- Chosen when the code is issued: pages name the request by it, and what is issued hangs on it.
    grant_id      TEXT   NOT NULL UNIQUE,
    -- What the person types. It opens nothing: who has it can only say yes or no in a name of their own. It goes with
    -- the answer, so that it can be entered once.
    user_code     TEXT   UNIQUE,
    client_id     TEXT   NOT NULL,
    scope         TEXT   NOT NULL,
    resources     TEXT   NOT NULL,
    -- Where the device asked from, for the person to compare.
    address       TEXT   NOT NULL,
    created_at    BIGINT NOT NULL,
    -- Seconds between two polls, and when the last one was.
    poll_interval BIGINT NOT NULL,
    polled_at     BIGINT,
    -- The person's answer: who allowed it, or that it was denied.
    user_id       TEXT,
    session_id    TEXT,
    auth_time     BIGINT,
    denied_at     BIGINT,
    ends_at       BIGINT NOT NULL,
    consumed_at   BIGINT,
    -- A consumed code stays as long as anything issued from it may live: its replay must be recognized.
    expires_at    BIGINT NOT NULL
);
CREATE INDEX device_codes_end ON device_codes (expires_at);
CREATE INDEX device_codes_user ON device_codes (user_id);

-- The device whose request a flow is for, in the place of an application's.
ALTER TABLE flows ADD COLUMN device TEXT;

-- How often somebody guessed wrong in a span of time; counted by all nodes together.
CREATE TABLE guesses (
    bucket     TEXT   PRIMARY KEY,
    count      BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX guesses_end ON guesses (expires_at);
