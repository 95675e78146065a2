-- Anchors: salted commitments to signed heads of the custody log, and what timestamp authorities answered (docs/formats/anchor.md).
CREATE TABLE anchor (
    seq       INTEGER PRIMARY KEY AUTOINCREMENT,
    id        BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    kind      TEXT NOT NULL,                 -- rfc3161, opentimestamps
    size      INTEGER NOT NULL,              -- entries under the head
    note      TEXT NOT NULL,                 -- the signed head; its text, without the signature, is what was committed to
    salt      BLOB NOT NULL CHECK (length(salt) = 32),
    nonce     BLOB NOT NULL,                 -- of the request: 8 bytes (rfc3161) or 16 (opentimestamps)
    requested INTEGER NOT NULL,              -- Unix seconds, device clock
    clock     TEXT NOT NULL
) STRICT;
CREATE INDEX anchor_by_size ON anchor (size, seq);

-- Tokens in the order in which they came: a proof that was completed later does not replace the earlier one.
CREATE TABLE anchor_token (
    anchor INTEGER NOT NULL REFERENCES anchor (seq),
    place  INTEGER NOT NULL,
    token  BLOB NOT NULL,
    stored INTEGER NOT NULL,
    clock  TEXT NOT NULL,
    PRIMARY KEY (anchor, place)
) STRICT, WITHOUT ROWID;
