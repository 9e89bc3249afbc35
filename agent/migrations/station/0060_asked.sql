-- Questions that cost money, each kept before it is on the wire. A row is taken away again only if
-- the question certainly never arrived, so the rows of a day are what was paid for.
CREATE TABLE paid_question (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    source     TEXT NOT NULL,
    imei14     TEXT NOT NULL,
    asked_at   INTEGER NOT NULL,
    day        TEXT NOT NULL,       -- in the country's time: 2026-11-22
    live_until INTEGER NOT NULL,    -- until then whoever asked may still be answered
    body       TEXT                 -- Answer; NULL: asked, and nobody knows what was said
) STRICT;
CREATE INDEX paid_question_about ON paid_question (source, imei14, seq);
CREATE INDEX paid_question_by_day ON paid_question (source, day);

-- When a filing with this IMEI went out, was taken in or was decided last: what was said of it
-- before is no longer gone by.
CREATE TABLE filed_at (
    imei14 TEXT PRIMARY KEY NOT NULL,
    at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Of filings made earlier: nothing kept says when, so they count as made now.
INSERT OR IGNORE INTO filed_at (imei14, at)
SELECT substr(imei.value, 1, 14), unixepoch() * 1000
FROM filed_case c
JOIN batch_case b ON b.filed_case = c.id
JOIN submission s ON s.batch = b.batch
JOIN json_tree(c.body) imei
  ON imei.type = 'text' AND length(imei.value) = 15 AND imei.value NOT GLOB '*[^0-9]*';
