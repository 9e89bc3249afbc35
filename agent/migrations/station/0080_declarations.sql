-- What was found in a customs declaration, by the digest of its file. The file stays with the shop.
CREATE TABLE declaration_search (
    filed_case TEXT NOT NULL REFERENCES filed_case (id),
    sha256     TEXT NOT NULL,
    at         INTEGER NOT NULL,    -- milliseconds since 1970-01-01 UTC
    body       TEXT NOT NULL,       -- Searched
    PRIMARY KEY (filed_case, sha256)
) STRICT, WITHOUT ROWID;
