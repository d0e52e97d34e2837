-- Applications that hear of a sign-out, on the back channel from this server, on the front channel by the browser.
ALTER TABLE clients ADD COLUMN backchannel_logout_uri TEXT;
ALTER TABLE clients ADD COLUMN frontchannel_logout_uri TEXT;

-- One row for each application that is to be told of the end of a session, written with that end. It names what it
-- tells of by value: client, person and session may be gone by then.
CREATE TABLE logout_deliveries (
    session_id      TEXT   NOT NULL,
    client_id       TEXT   NOT NULL,
    user_id         TEXT   NOT NULL,
    state           TEXT   NOT NULL CHECK (state IN ('waiting', 'delivered', 'failed')),
    attempts        BIGINT NOT NULL,
    -- Moved ahead before each attempt: who dies in the middle has it made again, and nobody else makes it meanwhile.
    next_attempt_at BIGINT NOT NULL,
    last_error      TEXT,
    created_at      BIGINT NOT NULL,
    done_at         BIGINT,
    expires_at      BIGINT NOT NULL,
    PRIMARY KEY (session_id, client_id)
);
CREATE INDEX logout_deliveries_due ON logout_deliveries (state, next_attempt_at);
CREATE INDEX logout_deliveries_end ON logout_deliveries (expires_at);
