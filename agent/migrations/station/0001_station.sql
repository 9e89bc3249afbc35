-- Times are milliseconds since 1970-01-01 UTC. Bodies are JSON of the type named in the comment.

CREATE TABLE reading (
    id      TEXT PRIMARY KEY NOT NULL,
    at      INTEGER NOT NULL,
    handset TEXT NOT NULL REFERENCES handset (id),
    device  TEXT,
    source  TEXT NOT NULL,
    body    TEXT NOT NULL           -- RecordedReading
) STRICT;
CREATE INDEX reading_by_handset ON reading (handset, id);

CREATE TABLE handset (
    id        TEXT PRIMARY KEY NOT NULL,
    device    TEXT,                 -- last seen on
    serial    TEXT,
    last_seen INTEGER NOT NULL,
    body      TEXT NOT NULL         -- Handset
) STRICT;
CREATE INDEX handset_by_serial ON handset (serial) WHERE serial IS NOT NULL;

-- Every identity that any source gave of a handset.
CREATE TABLE handset_imei (
    imei14  TEXT NOT NULL,
    handset TEXT NOT NULL REFERENCES handset (id),
    PRIMARY KEY (imei14, handset)
) STRICT, WITHOUT ROWID;
CREATE INDEX handset_imei_by_handset ON handset_imei (handset);

-- Latest answer of each registry about each identity.
CREATE TABLE answer (
    id       TEXT NOT NULL UNIQUE, -- sorts by age: a list is paged by it
    imei14   TEXT NOT NULL,
    registry TEXT NOT NULL,
    as_of    INTEGER NOT NULL,
    body     TEXT NOT NULL,         -- Answer
    PRIMARY KEY (imei14, registry)
) STRICT, WITHOUT ROWID;

CREATE TABLE filed_case (
    id         TEXT PRIMARY KEY NOT NULL,
    work_order TEXT NOT NULL UNIQUE,
    state      TEXT NOT NULL,
    body       TEXT NOT NULL        -- Case
) STRICT;

CREATE TABLE batch (
    id      TEXT PRIMARY KEY NOT NULL,
    made_at INTEGER NOT NULL,
    body    TEXT NOT NULL           -- SignedBatch
) STRICT;

-- A case is in at most one batch that is not answered: the database itself refuses a second.
CREATE TABLE batch_case (
    batch      TEXT NOT NULL REFERENCES batch (id),
    filed_case TEXT NOT NULL REFERENCES filed_case (id),
    live       INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (batch, filed_case)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX batch_case_live ON batch_case (filed_case) WHERE live = 1;

-- New IMEIs that are on their way: the database itself refuses to file one twice at a time.
CREATE TABLE filed_imei (
    imei14     TEXT PRIMARY KEY NOT NULL,
    batch      TEXT NOT NULL REFERENCES batch (id),
    filed_case TEXT NOT NULL REFERENCES filed_case (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX filed_imei_by_batch ON filed_imei (batch);

CREATE TABLE submission (
    id       TEXT PRIMARY KEY NOT NULL,
    batch    TEXT NOT NULL REFERENCES batch (id),
    registry TEXT NOT NULL,
    state    TEXT NOT NULL,
    next_at  INTEGER,               -- when the outbox looks at it again; NULL: never
    body     TEXT NOT NULL,         -- Submission
    UNIQUE (batch, registry)
) STRICT;
CREATE INDEX submission_due ON submission (next_at) WHERE next_at IS NOT NULL;

CREATE TABLE event (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,
    kind    TEXT NOT NULL,
    subject TEXT NOT NULL,
    body    TEXT NOT NULL
) STRICT;

-- Answers to writes that came with an Idempotency-Key. `status` is NULL while the first runs.
CREATE TABLE idempotency (
    key         TEXT PRIMARY KEY NOT NULL,
    at          INTEGER NOT NULL,
    fingerprint BLOB NOT NULL,
    status      INTEGER,
    body        TEXT
) STRICT;
