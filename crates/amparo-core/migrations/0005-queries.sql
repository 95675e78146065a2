-- What lists show, sort and filter by stands beside the records: a list must not read past narratives to reach it. All of it is
-- made from the records, by src/incident/summary.rs; what this step leaves open for older vaults is filled at the next unlock
-- (src/incident/upkeep.rs).

CREATE TABLE incident_summary (
    seq             INTEGER PRIMARY KEY REFERENCES incident (seq),
    id              BLOB NOT NULL CHECK (length(id) = 16),
    revision        INTEGER NOT NULL,
    sealed_revision INTEGER NOT NULL DEFAULT 0,  -- newest revision in a sealed report; 0: none
    evidence_count  INTEGER NOT NULL DEFAULT 0,
    unsent          INTEGER NOT NULL DEFAULT 1,  -- the view incident_unsent, kept by the triggers below
    created         INTEGER NOT NULL,            -- Unix seconds, device clock
    modified        INTEGER NOT NULL,
    draft           INTEGER NOT NULL DEFAULT 0,
    status          TEXT,
    urgency         TEXT,
    country         TEXT,
    occurred_from   INTEGER,                     -- first day it can have been, as a Julian day
    occurred_to     INTEGER,                     -- last day it can have been
    span            INTEGER,                     -- 0: one day; 1: at most 31; 2: at most 366; 3: more
    month           TEXT,                        -- YYYY-MM when the month is known
    moment          INTEGER,                     -- first second it can have been * 4 + 0 year, 1 month, 2 day, 3 time of day
    acts            TEXT NOT NULL DEFAULT '',    -- their codes, in the record's order, a space between
    occurred        TEXT,                        -- the date as it was told, as JSON
    heading         TEXT NOT NULL                -- what a list shows
) STRICT;
CREATE INDEX incident_by_status ON incident_summary (status) WHERE status IS NOT NULL;
CREATE INDEX incident_by_urgency ON incident_summary (urgency) WHERE urgency IS NOT NULL;
CREATE INDEX incident_unsent_first ON incident_summary (seq) WHERE unsent = 1;
CREATE INDEX incident_sent ON incident_summary (seq) WHERE unsent = 0;
CREATE INDEX incident_draft ON incident_summary (seq) WHERE draft = 1;
CREATE INDEX incident_finished ON incident_summary (seq) WHERE draft = 0;
CREATE INDEX incident_with_evidence ON incident_summary (seq) WHERE evidence_count > 0;
CREATE INDEX incident_without_evidence ON incident_summary (seq) WHERE evidence_count = 0;
CREATE INDEX incident_by_creation ON incident_summary (created);
CREATE INDEX incident_by_days ON incident_summary (span, occurred_from, occurred_to) WHERE span IS NOT NULL;
CREATE INDEX incident_by_moment ON incident_summary (moment) WHERE moment IS NOT NULL;
CREATE INDEX incident_undated ON incident_summary (seq) WHERE moment IS NULL;
-- All that is counted, so that counting reads no other column.
CREATE INDEX incident_counted ON incident_summary (draft, month, occurred_from, created, status, urgency, country);

-- Codes of every kind that is counted or filtered by.
CREATE TABLE incident_code (
    kind     TEXT NOT NULL,                      -- act, perpetrator, online_harm, support_need, requested_action
    code     TEXT NOT NULL,
    incident INTEGER NOT NULL REFERENCES incident (seq),
    PRIMARY KEY (kind, code, incident)
) STRICT, WITHOUT ROWID;
CREATE INDEX incident_code_by_incident ON incident_code (incident);

CREATE TABLE incident_related (
    other    BLOB NOT NULL CHECK (length(other) = 16),  -- the incident that is named; it need not be in this vault
    incident INTEGER NOT NULL REFERENCES incident (seq),
    PRIMARY KEY (other, incident)
) STRICT, WITHOUT ROWID;
CREATE INDEX incident_related_by_incident ON incident_related (incident);

ALTER TABLE evidence ADD COLUMN sealed INTEGER NOT NULL DEFAULT 0;  -- whether a sealed report holds it
ALTER TABLE evidence ADD COLUMN moment INTEGER;                     -- captured_at, as incident_summary.moment
CREATE INDEX evidence_by_moment ON evidence (moment) WHERE moment IS NOT NULL;

-- Unsent: the present revision, or attached evidence that could be sent, is in no sealed report.
CREATE VIEW incident_unsent AS
SELECT s.seq AS seq,
       s.sealed_revision <> s.revision OR EXISTS (
           SELECT 1 FROM attachment a JOIN evidence e ON e.seq = a.evidence
           WHERE a.incident = s.seq AND e.sealed = 0 AND e.state IN ('complete', 'unterminated', 'interrupted')
                 AND e.size > 0 AND e.sha256 IS NOT NULL) AS unsent
FROM incident_summary s;
CREATE TRIGGER attachment_added AFTER INSERT ON attachment BEGIN
    UPDATE incident_summary SET evidence_count = evidence_count + 1,
           unsent = (SELECT u.unsent FROM incident_unsent u WHERE u.seq = NEW.incident) WHERE seq = NEW.incident;
END;
CREATE TRIGGER attachment_removed AFTER DELETE ON attachment BEGIN
    UPDATE incident_summary SET evidence_count = evidence_count - 1,
           unsent = (SELECT u.unsent FROM incident_unsent u WHERE u.seq = OLD.incident) WHERE seq = OLD.incident;
END;
CREATE TRIGGER evidence_sealed_or_settled AFTER UPDATE OF sealed, state, size, sha256 ON evidence BEGIN
    UPDATE incident_summary SET unsent = (SELECT u.unsent FROM incident_unsent u WHERE u.seq = incident_summary.seq)
    WHERE seq IN (SELECT incident FROM attachment WHERE evidence = NEW.seq);
END;
CREATE TRIGGER incident_saved_or_sealed AFTER UPDATE OF revision, sealed_revision ON incident_summary BEGIN
    UPDATE incident_summary SET unsent = (SELECT u.unsent FROM incident_unsent u WHERE u.seq = NEW.seq) WHERE seq = NEW.seq;
END;

-- When evidence was captured. What is not a date gives NULL, as a record that cannot be read does.
CREATE VIEW evidence_moment AS
SELECT seq, unixepoch(time || CASE length(time) WHEN 4 THEN '-01-01' WHEN 7 THEN '-01' ELSE '' END) * 4
            + CASE length(time) WHEN 4 THEN 0 WHEN 7 THEN 1 WHEN 10 THEN 2 ELSE 3 END AS moment
FROM (SELECT seq, CASE WHEN json_valid(record) THEN json_extract(record, '$.captured_at.time') END AS time FROM evidence);
CREATE TRIGGER evidence_added AFTER INSERT ON evidence BEGIN
    UPDATE evidence SET moment = (SELECT m.moment FROM evidence_moment m WHERE m.seq = NEW.seq) WHERE seq = NEW.seq;
END;
CREATE TRIGGER evidence_described AFTER UPDATE OF record ON evidence BEGIN
    UPDATE evidence SET moment = (SELECT m.moment FROM evidence_moment m WHERE m.seq = NEW.seq) WHERE seq = NEW.seq;
END;

-- Older vaults.
INSERT INTO incident_summary (seq, id, revision, evidence_count, created, modified, status, urgency, heading)
SELECT seq, id, revision, (SELECT count(*) FROM attachment WHERE incident = incident.seq), created, modified, status, urgency,
       heading
FROM incident;
INSERT INTO incident_code (kind, code, incident) SELECT 'act', code, incident FROM incident_act;
UPDATE evidence SET moment = (SELECT m.moment FROM evidence_moment m WHERE m.seq = evidence.seq);
UPDATE evidence SET sealed = 1 WHERE lower(hex(id)) IN (
    SELECT j.value FROM report r, json_each(CASE WHEN json_valid(r.summary) THEN r.summary ELSE '{}' END, '$.evidence') j
    WHERE r.state = 'sealed');
UPDATE incident_summary SET sealed_revision = coalesce((
    SELECT max(json_extract(r.summary, '$.revision')) FROM report r
    WHERE r.incident = incident_summary.seq AND r.state = 'sealed' AND json_valid(r.summary)), 0);

DROP TABLE incident_act;
DROP INDEX incident_occurred;
DROP INDEX incident_urgency;
DROP INDEX incident_status;
ALTER TABLE incident DROP COLUMN heading;
ALTER TABLE incident DROP COLUMN status;
ALTER TABLE incident DROP COLUMN urgency;
ALTER TABLE incident DROP COLUMN occurred_from;
ALTER TABLE incident DROP COLUMN occurred_to;

-- Full text, folded (src/search/fold.rs), each word with the mark of its block of incidents before it (src/search/index.rs): a
-- search then reads from the newest block until it has enough, however common the word is. Words are told apart by spaces alone,
-- as fold.rs put them. secure-delete: what an edit removed leaves the index at once.
DROP TABLE search_text;
CREATE VIRTUAL TABLE search_text USING fts5 (
    title, narrative, place, tags, details, notes,
    tokenize = "unicode61 remove_diacritics 0 categories 'L* N* M* P* S* C*'"
);
INSERT INTO search_text (search_text, rank) VALUES ('secure-delete', 1);

-- How far what is made from the records is made: see src/incident/upkeep.rs.
CREATE TABLE upkeep (
    task    TEXT PRIMARY KEY,
    version INTEGER NOT NULL,                    -- of what is being made or was made
    done    INTEGER                              -- the last incident that is done; NULL: all
) STRICT, WITHOUT ROWID;
