-- What was signed at each save of an incident, so that a report can leave fields out and still be checked
-- (docs/formats/disclosure.md). The seed makes the salts of the revision's fields again; with it, any field can be opened.

CREATE TABLE statement (
    incident  INTEGER NOT NULL REFERENCES incident (seq),
    revision  INTEGER NOT NULL,
    seed      BLOB NOT NULL CHECK (length(seed) = 32),
    statement BLOB NOT NULL,                 -- amparo.statement/1, the exact bytes that are signed
    signature BLOB NOT NULL,                 -- amparo.signature/1, by the case's key
    custody   INTEGER NOT NULL,              -- number of the log's entry on it
    PRIMARY KEY (incident, revision)
) STRICT, WITHOUT ROWID;
