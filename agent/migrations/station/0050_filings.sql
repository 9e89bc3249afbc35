-- A case files one of three kinds. Its name outside of the station is a work order or a reference.
ALTER TABLE filed_case RENAME COLUMN work_order TO reference;
ALTER TABLE filed_case ADD COLUMN kind TEXT NOT NULL DEFAULT 'replacement';
-- IIN or BIN of whoever applies: quotas are counted by it.
ALTER TABLE filed_case ADD COLUMN applicant TEXT;
CREATE INDEX filed_case_by_applicant ON filed_case (applicant, id) WHERE applicant IS NOT NULL;

-- Documents of cases by number (letters and digits only, in capitals): whether one was used before.
CREATE TABLE case_document (
    key        TEXT NOT NULL,
    filed_case TEXT NOT NULL REFERENCES filed_case (id),
    PRIMARY KEY (key, filed_case)
) STRICT, WITHOUT ROWID;
CREATE INDEX case_document_by_case ON case_document (filed_case);

-- IMEIs that left with a replaced board, since an approval said so.
CREATE TABLE replaced_away (
    imei14     TEXT NOT NULL,
    filed_case TEXT NOT NULL REFERENCES filed_case (id),
    since      INTEGER NOT NULL,
    PRIMARY KEY (imei14, filed_case)
) STRICT, WITHOUT ROWID;

-- Of cases approved earlier: nothing kept says when, so only what is read from now on counts.
INSERT INTO replaced_away (imei14, filed_case, since)
SELECT DISTINCT substr(old.value, 1, 14), c.id, unixepoch() * 1000
FROM filed_case c, json_each(c.body, '$.replacement.old') old
WHERE c.state = 'approved'
  AND substr(old.value, 1, 14) NOT IN
      (SELECT substr(new.value, 1, 14) FROM json_each(c.body, '$.replacement.new') new);
