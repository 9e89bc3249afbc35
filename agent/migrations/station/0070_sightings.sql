-- What people saw on portals that answer people only. A row is never changed but to say that it was
-- withdrawn: who said what and when stays on record.
CREATE TABLE sighting (
    id      TEXT PRIMARY KEY NOT NULL,
    portal  TEXT NOT NULL,
    imei14  TEXT NOT NULL,
    seen_at INTEGER NOT NULL,
    counts  INTEGER NOT NULL,       -- 0: they could not check, or it was withdrawn
    body    TEXT NOT NULL           -- Sighting
) STRICT;
CREATE INDEX sighting_by_imei ON sighting (imei14, portal, seen_at, id);
