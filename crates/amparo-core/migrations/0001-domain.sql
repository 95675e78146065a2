-- The domain's tables. Records are versioned JSON (docs/formats/domain.md); the columns beside them are what is searched,
-- sorted or joined. Numbers named seq are the order of creation in this vault: a clock that jumps cannot reorder or hide a row.

CREATE TABLE incident (
    seq           INTEGER PRIMARY KEY AUTOINCREMENT,
    id            BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    revision      INTEGER NOT NULL,          -- from 1
    record        TEXT NOT NULL,             -- amparo.incident/1, without its evidence ids
    heading       TEXT NOT NULL,             -- what a list shows
    status        TEXT,
    urgency       TEXT,
    occurred_from INTEGER,                   -- first day it can have been, as a Julian day
    occurred_to   INTEGER,                   -- last day it can have been
    created       INTEGER NOT NULL,          -- Unix seconds, device clock
    modified      INTEGER NOT NULL,
    case_seed     BLOB CHECK (case_seed IS NULL OR length(case_seed) = 32)  -- Ed25519 seed, made at the first seal
) STRICT;
CREATE INDEX incident_occurred ON incident (occurred_from, seq) WHERE occurred_from IS NOT NULL;
CREATE INDEX incident_urgency ON incident (urgency, seq) WHERE urgency IS NOT NULL;
CREATE INDEX incident_status ON incident (status, seq) WHERE status IS NOT NULL;

-- Every save keeps what was there before: who did not know then is not who knows now.
CREATE TABLE incident_revision (
    incident INTEGER NOT NULL REFERENCES incident (seq),
    revision INTEGER NOT NULL,
    record   TEXT NOT NULL,
    saved    INTEGER NOT NULL,
    PRIMARY KEY (incident, revision)
) STRICT, WITHOUT ROWID;

CREATE TABLE incident_act (
    code     TEXT NOT NULL,
    incident INTEGER NOT NULL REFERENCES incident (seq),
    PRIMARY KEY (code, incident)
) STRICT, WITHOUT ROWID;
CREATE INDEX incident_act_by_incident ON incident_act (incident);

CREATE TABLE incident_tag (
    tag      TEXT NOT NULL,
    incident INTEGER NOT NULL REFERENCES incident (seq),
    PRIMARY KEY (tag, incident)
) STRICT, WITHOUT ROWID;
CREATE INDEX incident_tag_by_incident ON incident_tag (incident);

-- Evidence ids are disclosed in reports; media ids name files on this device. They are never the same number, so that a report
-- cannot be matched with a file of a seized phone.
CREATE TABLE evidence (
    seq          INTEGER PRIMARY KEY AUTOINCREMENT,
    id           BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    media        BLOB UNIQUE CHECK (media IS NULL OR length(media) = 16),
    state        TEXT NOT NULL,              -- writing, complete, unterminated, interrupted, damaged
    kind         TEXT NOT NULL,
    record       TEXT NOT NULL,              -- the description part of amparo.evidence/1
    size         INTEGER NOT NULL DEFAULT 0,
    sha256       BLOB CHECK (sha256 IS NULL OR length(sha256) = 32),
    added        INTEGER NOT NULL,           -- Unix seconds, device clock
    clock        TEXT NOT NULL,              -- how far that clock is trusted
    derived_from INTEGER REFERENCES evidence (seq)
) STRICT;
CREATE INDEX evidence_unfinished ON evidence (seq) WHERE state = 'writing';
CREATE INDEX evidence_derived ON evidence (derived_from) WHERE derived_from IS NOT NULL;

CREATE TABLE attachment (
    incident INTEGER NOT NULL REFERENCES incident (seq),
    evidence INTEGER NOT NULL REFERENCES evidence (seq),
    PRIMARY KEY (incident, evidence)
) STRICT, WITHOUT ROWID;
CREATE INDEX attachment_by_evidence ON attachment (evidence);

-- The custody log: the exact bytes of each line, and the hash of every perfect subtree (level 0: the leaves).
CREATE TABLE custody_entry (
    seq      INTEGER PRIMARY KEY CHECK (seq >= 0),
    line     BLOB NOT NULL,
    evidence BLOB
) STRICT;
CREATE INDEX custody_by_evidence ON custody_entry (evidence, seq) WHERE evidence IS NOT NULL;
CREATE TABLE custody_node (
    level INTEGER NOT NULL,
    place INTEGER NOT NULL,
    hash  BLOB NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (level, place)
) STRICT, WITHOUT ROWID;
CREATE TABLE custody_head (
    size INTEGER PRIMARY KEY,
    note TEXT NOT NULL
) STRICT;

-- Keys that sign for the whole vault's owner, by purpose. Case keys stand with their incidents.
CREATE TABLE signing_key (
    purpose TEXT PRIMARY KEY,
    seed    BLOB NOT NULL CHECK (length(seed) = 32)
) STRICT, WITHOUT ROWID;

CREATE TABLE report (
    seq       INTEGER PRIMARY KEY AUTOINCREMENT,
    id        BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    incident  INTEGER NOT NULL REFERENCES incident (seq),
    state     TEXT NOT NULL,                 -- sealing, sealed
    mode      TEXT NOT NULL,                 -- anonymous, case, identified
    reply_key TEXT NOT NULL,                 -- secret age identity that answers are sealed to
    created   INTEGER NOT NULL,
    clock     TEXT NOT NULL,
    summary   TEXT NOT NULL                  -- amparo.report-summary/1: what went in, for the sender to look up
) STRICT;
CREATE INDEX report_by_incident ON report (incident, seq);

-- The files that one report became: one for each kind of recipient key.
CREATE TABLE report_file (
    report INTEGER NOT NULL REFERENCES report (seq),
    place  INTEGER NOT NULL,
    size   INTEGER NOT NULL,
    sha256 BLOB NOT NULL CHECK (length(sha256) = 32),
    PRIMARY KEY (report, place)
) STRICT, WITHOUT ROWID;

-- Full text, folded (src/search/fold.rs). secure-delete: what an edit removed leaves the index at once.
CREATE VIRTUAL TABLE search_text USING fts5 (
    title, narrative, place, tags, notes,
    tokenize = "unicode61 remove_diacritics 2 categories 'L* N* Co M*'"
);
INSERT INTO search_text (search_text, rank) VALUES ('secure-delete', 1);
