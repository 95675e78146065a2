-- Recipients: the cards that the user trusts (docs/formats/card.md, "In a vault"). The exact file is kept, so that its signature is
-- checked again whenever it is used. A removed recipient leaves no row: that somebody ever meant to write to them may itself be dangerous.
CREATE TABLE recipient (
    seq         INTEGER PRIMARY KEY,
    id          BLOB NOT NULL UNIQUE CHECK (length(id) = 16),      -- the card's
    signer      BLOB NOT NULL CHECK (length(signer) = 32),
    version     INTEGER NOT NULL,
    digest      BLOB NOT NULL CHECK (length(digest) = 32),         -- of what is signed
    bytes       BLOB NOT NULL,                                     -- the whole signed file
    note        TEXT NOT NULL,                                     -- the user's own words
    added       INTEGER NOT NULL,                                  -- Unix seconds, device clock
    added_clock TEXT NOT NULL,                                     -- how far that clock is trusted
    updated     INTEGER NOT NULL,
    updated_clock TEXT NOT NULL
) STRICT;
