-- Evidence in full: derivatives with a purpose, recordings that go on in a further piece after they were cut, tombstones.
-- States: writing, complete, unterminated, interrupted, damaged, deleted. A deleted piece keeps its row (size, hash, what it was)
-- and loses its medium, its description and its incidents.

ALTER TABLE evidence ADD COLUMN purpose TEXT;        -- of a derivative: thumbnail, redacted, resized, stripped, …
-- The first piece of the recording that this one belongs to, and its number in it, from 1. Both or none.
ALTER TABLE evidence ADD COLUMN recording INTEGER REFERENCES evidence (seq);
ALTER TABLE evidence ADD COLUMN segment INTEGER CHECK ((segment IS NULL) = (recording IS NULL));

-- No two pieces are the same part of a recording.
CREATE UNIQUE INDEX evidence_segment ON evidence (recording, segment) WHERE recording IS NOT NULL;
-- What a list of the vault's evidence shows: reading a page reads as many rows as it returns.
CREATE INDEX evidence_listed ON evidence (seq) WHERE purpose IS NOT 'thumbnail' AND state <> 'deleted';
CREATE INDEX evidence_deleted ON evidence (seq) WHERE state = 'deleted';
