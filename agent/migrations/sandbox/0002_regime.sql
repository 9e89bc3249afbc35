-- The regime: which IMEIs are one device, what customs knows, what was paid, used up and approved.

-- Set of what came in as a form of its own and in no signed batch: `manifest` is then the form.
ALTER TABLE application ADD COLUMN applicant TEXT;  -- IIN or BIN
ALTER TABLE application ADD COLUMN reference TEXT;  -- the applicant's own number
CREATE INDEX application_by_reference ON application (applicant, reference);
CREATE INDEX application_to_decide ON application (due_at, number) WHERE decided IS NULL;

-- IMEIs of one device, as its maker or an approval grouped them.
CREATE TABLE device_imei (
    imei14 TEXT PRIMARY KEY NOT NULL,
    device INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX device_imei_by_device ON device_imei (device);

-- What customs knows of a document. Of one that is not here it takes the applicant's word.
CREATE TABLE declaration (
    kind   TEXT NOT NULL,
    number TEXT NOT NULL,       -- letters and digits, in capitals
    body   TEXT NOT NULL,
    PRIMARY KEY (kind, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE tracking_used (
    number      TEXT PRIMARY KEY NOT NULL,
    application INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One row per approved case of a person.
CREATE TABLE quota_used (
    applicant TEXT NOT NULL,
    origin    TEXT NOT NULL,    -- union, elsewhere
    filed_on  TEXT NOT NULL,    -- day in Kazakhstan, ISO
    devices   INTEGER NOT NULL
) STRICT;
CREATE INDEX quota_used_by_applicant ON quota_used (applicant, origin, filed_on);

-- One row per device that was paid for. Nothing is ever taken out.
CREATE TABLE charge (
    number      INTEGER PRIMARY KEY AUTOINCREMENT,
    at          INTEGER NOT NULL,
    applicant   TEXT NOT NULL,
    application INTEGER NOT NULL,
    mci_year    INTEGER NOT NULL,
    mci         INTEGER NOT NULL,
    tenge       INTEGER NOT NULL
) STRICT;

-- What a charge paid for: the same applicant never pays twice for the device of an IMEI.
CREATE TABLE charged_imei (
    applicant TEXT NOT NULL,
    imei14    TEXT NOT NULL,
    charge    INTEGER NOT NULL REFERENCES charge (number),
    PRIMARY KEY (applicant, imei14)
) STRICT, WITHOUT ROWID;

-- The lists as they stood when stale reads were turned on.
CREATE TABLE stale (
    imei14     TEXT PRIMARY KEY NOT NULL,
    list       TEXT NOT NULL,
    reason     TEXT,
    first_seen INTEGER
) STRICT, WITHOUT ROWID;

-- The latest time that was gone by: a clock that was moved is not moved back by a new start.
CREATE TABLE gone_by (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    at  INTEGER NOT NULL
) STRICT;
