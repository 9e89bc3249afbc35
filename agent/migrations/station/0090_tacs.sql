-- What is known of TACs. Times are milliseconds since 1970-01-01 UTC.

-- One import of a table. The rows of a source are those of its current import: one that is being
-- made, or was cut off, is seen by nobody.
CREATE TABLE tac_import (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    source     TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    current    INTEGER NOT NULL DEFAULT 0,
    body       TEXT NOT NULL        -- TacImport
) STRICT;
CREATE UNIQUE INDEX tac_import_current ON tac_import (source) WHERE current = 1;

CREATE TABLE tac (
    import INTEGER NOT NULL REFERENCES tac_import (id),
    tac    TEXT NOT NULL,
    line   INTEGER NOT NULL,
    maker  TEXT,
    model  TEXT,
    aka    TEXT,
    slots  INTEGER,
    year   INTEGER,
    name   TEXT NOT NULL,           -- the model, folded for comparison; empty if there is none
    PRIMARY KEY (import, tac)
) STRICT, WITHOUT ROWID;
CREATE INDEX tac_by_name ON tac (import, name) WHERE name <> '';

-- What confirmed readings of phones teach: each phone once per TAC.
CREATE TABLE tac_lesson (
    tac     TEXT NOT NULL,
    handset TEXT NOT NULL REFERENCES handset (id),
    at      INTEGER NOT NULL,
    maker   TEXT NOT NULL,
    model   TEXT NOT NULL,
    slots   INTEGER NOT NULL,
    name    TEXT NOT NULL,
    PRIMARY KEY (tac, handset)
) STRICT, WITHOUT ROWID;
CREATE INDEX tac_lesson_by_handset ON tac_lesson (handset);
CREATE INDEX tac_lesson_by_name ON tac_lesson (name);
