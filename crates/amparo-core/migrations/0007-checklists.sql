-- Checklist packs and the user's runs through their checklists (docs/formats/pack.md, "In a vault").

-- Whose packs may be installed: the user compared the fingerprint.
CREATE TABLE pack_publisher (
    key      BLOB PRIMARY KEY CHECK (length(key) = 32),
    accepted INTEGER NOT NULL,               -- Unix seconds, device clock
    clock    TEXT NOT NULL                   -- how far that clock is trusted
) STRICT, WITHOUT ROWID;

-- What is or was installed. A row is never deleted: a pack that was removed cannot come back older, or by somebody else.
CREATE TABLE pack (
    seq           INTEGER PRIMARY KEY,
    id            TEXT NOT NULL UNIQUE,
    publisher     BLOB NOT NULL CHECK (length(publisher) = 32),
    version       INTEGER NOT NULL,
    digest        BLOB NOT NULL CHECK (length(digest) = 32),  -- SHA-256 of the manifest
    installed     INTEGER NOT NULL,
    clock         TEXT NOT NULL,
    removed       INTEGER,
    removed_clock TEXT
) STRICT;
CREATE TABLE pack_file (
    pack  INTEGER PRIMARY KEY REFERENCES pack (seq),
    bytes BLOB NOT NULL                      -- the whole signed file
) STRICT;

-- What runs know and the installed version lacks, and the first version that was installed here without it. Tombstones say more,
-- where a publisher left any.
CREATE TABLE pack_gone (
    pack    INTEGER NOT NULL REFERENCES pack (seq),
    kind    TEXT NOT NULL,                   -- checklist, item
    id      TEXT NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (pack, kind, id)
) STRICT, WITHOUT ROWID;

-- What something said when it was ticked, in all languages: what shows that it says something else now, and what is left to show
-- when it is gone. Named by its hash, so that many ticks share one.
CREATE TABLE checklist_wording (
    hash  BLOB PRIMARY KEY CHECK (length(hash) = 32),
    texts TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE checklist_run (
    seq       INTEGER PRIMARY KEY AUTOINCREMENT,
    id        BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    pack      INTEGER NOT NULL REFERENCES pack (seq),
    checklist TEXT NOT NULL,
    version   INTEGER NOT NULL,              -- of the pack when it was started
    started   INTEGER NOT NULL,
    clock     TEXT NOT NULL,
    finished  INTEGER NOT NULL DEFAULT 0,    -- whether; its result says when
    wording   BLOB NOT NULL
) STRICT;
CREATE INDEX checklist_run_of ON checklist_run (pack, checklist, seq);

CREATE TABLE checklist_tick (
    run     INTEGER NOT NULL REFERENCES checklist_run (seq) ON DELETE CASCADE,
    item    TEXT NOT NULL,
    state   TEXT NOT NULL,                   -- done, not_applicable
    version INTEGER NOT NULL,                -- of the pack then
    at      INTEGER NOT NULL,
    clock   TEXT NOT NULL,
    section TEXT NOT NULL,                   -- where it stood then
    note    TEXT NOT NULL,
    wording BLOB NOT NULL,
    PRIMARY KEY (run, item)
) STRICT, WITHOUT ROWID;

-- How a run ended, with all its items as they were then. It stays while a run is reopened, until that is finished again.
CREATE TABLE checklist_result (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT,  -- the order of finishing, whatever the clock says
    run      INTEGER NOT NULL UNIQUE REFERENCES checklist_run (seq) ON DELETE CASCADE,
    version  INTEGER NOT NULL,
    finished INTEGER NOT NULL,
    clock    TEXT NOT NULL,
    scored   INTEGER NOT NULL
) STRICT;
CREATE TABLE checklist_result_item (
    result        INTEGER NOT NULL REFERENCES checklist_result (seq) ON DELETE CASCADE,
    place         INTEGER NOT NULL,
    item          TEXT NOT NULL,
    state         TEXT NOT NULL,             -- open, done, not_applicable
    time_critical INTEGER NOT NULL,
    points        INTEGER,
    wording       BLOB NOT NULL,
    PRIMARY KEY (result, place)
) STRICT, WITHOUT ROWID;

-- Incidents that were begun from an item. Deleting a run leaves the incident.
CREATE TABLE checklist_draft (
    run      INTEGER NOT NULL REFERENCES checklist_run (seq) ON DELETE CASCADE,
    incident INTEGER NOT NULL REFERENCES incident (seq),
    item     TEXT NOT NULL,
    act      TEXT NOT NULL,
    PRIMARY KEY (run, incident)
) STRICT, WITHOUT ROWID;
