-- Work that one node at a time does: who holds it, and until when if it dies.
CREATE TABLE leases (
    name       TEXT   PRIMARY KEY,
    holder     TEXT   NOT NULL,
    expires_at BIGINT NOT NULL
);

-- A grant is of no use any more when nothing that hangs on it lives and nobody can refresh it: idle_expires_at is never
-- after expires_at, but for an access token that was issued at the last moment.
DROP INDEX grants_end;
CREATE INDEX grants_end ON grants (idle_expires_at);
