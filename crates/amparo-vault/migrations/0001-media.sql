-- One row a media file. The row is committed before the first byte of the file is written, so no file is ever without its key.
CREATE TABLE media (
    id         BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    key        BLOB NOT NULL,               -- the file's key, sealed under the media wrap key, bound to the id
    slot_log2  INTEGER NOT NULL,
    state      INTEGER NOT NULL DEFAULT 0,  -- 0 writing, 1 complete, 2 unterminated, 3 interrupted, 4 damaged
    high_water INTEGER NOT NULL DEFAULT 0,  -- slots known to be on the medium: fewer found later is damage, not a crash
    slots      INTEGER NOT NULL DEFAULT 0,
    size       INTEGER NOT NULL DEFAULT 0,
    sha256     BLOB
) STRICT, WITHOUT ROWID;
CREATE INDEX media_unfinished ON media (id) WHERE state = 0;

-- Files whose row is gone and that are still to be unlinked. Without the row they cannot be read any more.
CREATE TABLE media_erased (id BLOB PRIMARY KEY NOT NULL) STRICT, WITHOUT ROWID;
