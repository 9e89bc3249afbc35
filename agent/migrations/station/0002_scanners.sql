-- Times are milliseconds since 1970-01-01 UTC. Bodies are JSON of the type named in the comment.

CREATE TABLE scanner (
    name      TEXT PRIMARY KEY NOT NULL,
    last_seen INTEGER NOT NULL,
    body      TEXT NOT NULL         -- KnownScanner
) STRICT;

-- How far the scans of one store of a scanner are durable here. `epoch` goes up when a store
-- counts from an earlier number again, so that no new scan is taken for an old one.
CREATE TABLE scanner_store (
    scanner TEXT NOT NULL REFERENCES scanner (name),
    store   INTEGER NOT NULL,
    epoch   INTEGER NOT NULL,
    durable INTEGER NOT NULL,
    PRIMARY KEY (scanner, store)
) STRICT, WITHOUT ROWID;

-- Every code that a scanner accepted, as it came.
CREATE TABLE scan (
    id       TEXT PRIMARY KEY NOT NULL,
    scanner  TEXT NOT NULL,
    store    INTEGER NOT NULL,
    epoch    INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    box      INTEGER NOT NULL,
    choice   INTEGER,               -- when a person chose the phone whose box or screen it is
    handset  TEXT REFERENCES handset (id),
    reading  TEXT,                  -- that of its box when it came
    code     BLOB NOT NULL,         -- what it said, byte for byte
    body     TEXT NOT NULL,         -- KeptScan
    FOREIGN KEY (scanner, store) REFERENCES scanner_store (scanner, store),
    UNIQUE (scanner, store, epoch, sequence)
) STRICT;
CREATE INDEX scan_by_box ON scan (scanner, store, epoch, box);
CREATE INDEX scan_by_choice ON scan (scanner, choice) WHERE choice IS NOT NULL;
CREATE INDEX scan_by_scanner ON scan (scanner, id);
CREATE INDEX scan_by_reading ON scan (reading) WHERE reading IS NOT NULL;
CREATE INDEX scan_by_handset ON scan (handset) WHERE handset IS NOT NULL;
