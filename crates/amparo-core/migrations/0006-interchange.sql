-- What came in an import and belongs to evidence whose bytes are not in this vault: kept, so that an export has it again.

-- Evidence that an incident names and this vault does not have, in the order of the import. A row stays when the evidence comes;
-- what is attached then is listed once.
CREATE TABLE foreign_attachment (
    incident INTEGER NOT NULL REFERENCES incident (seq),
    place    INTEGER NOT NULL,
    evidence BLOB NOT NULL CHECK (length(evidence) = 16),
    PRIMARY KEY (incident, place)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX foreign_attachment_once ON foreign_attachment (incident, evidence);

-- What was said of it: amparo.evidence/1. Of several, the one with the highest number is the present one.
CREATE TABLE foreign_evidence (
    id     BLOB NOT NULL CHECK (length(id) = 16),
    number INTEGER NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (id, number)
) STRICT, WITHOUT ROWID;
