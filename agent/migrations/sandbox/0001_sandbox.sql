-- The embedded registry. It stands for somebody else's system, so it shares nothing with station.db.

CREATE TABLE equipment (
    imei14     TEXT PRIMARY KEY NOT NULL,
    list       TEXT NOT NULL,       -- white, grey, black
    reason     TEXT,                -- of black
    first_seen INTEGER              -- of grey: first connection to a network
) STRICT, WITHOUT ROWID;

-- One row per filing that arrived. Nothing here stops a second filing of the same batch:
-- that is the station's to prevent, and the tests' to see.
CREATE TABLE application (
    number   INTEGER PRIMARY KEY AUTOINCREMENT,
    batch    TEXT NOT NULL,
    filed_at INTEGER NOT NULL,
    due_at   INTEGER NOT NULL,
    manifest TEXT NOT NULL,
    decided  TEXT                   -- decisions, once they are made
) STRICT;
CREATE INDEX application_by_batch ON application (batch);
