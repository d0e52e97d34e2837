-- The oldest release that works on this schema. Nodes of two releases serve side by side while one replaces the other, so
-- a migration only adds; one that an older release would not survive raises this, and that release then stops.
CREATE TABLE schema_requirement (
    id             BIGINT PRIMARY KEY CHECK (id = 1),
    oldest_release TEXT   NOT NULL
);
INSERT INTO schema_requirement (id, oldest_release) VALUES (1, '0.1.0');
