-- Mail that was taken over and is not everywhere yet.

CREATE TABLE submission (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    token TEXT NOT NULL UNIQUE,        -- random: names its effects in mailboxes, even if this file is lost
    account TEXT NOT NULL,             -- whose it is
    sender TEXT NOT NULL,              -- of the envelope; empty: its failures are reported to nobody
    taken_at REAL NOT NULL,
    message BLOB NOT NULL,             -- a zlib stream
    sent_copy BLOB,                    -- to be stored yet: a zlib stream, empty if equal to message; else NULL
    local_at REAL,                     -- when mailboxes are to be tried (again); NULL: done with
    local_attempts INTEGER NOT NULL,
    relay_at REAL,                     -- the same for the relay
    relay_attempts INTEGER NOT NULL
);
CREATE INDEX submission_local ON submission (local_at) WHERE local_at IS NOT NULL;
CREATE INDEX submission_relay ON submission (relay_at) WHERE relay_at IS NOT NULL;

-- Who has yet to get it.

CREATE TABLE recipient (
    submission INTEGER NOT NULL REFERENCES submission (id) ON DELETE CASCADE,
    address TEXT NOT NULL,
    account TEXT,                      -- delivered to this account, whatever the address says
    relayed INTEGER NOT NULL,          -- found to be not ours
    reply TEXT NOT NULL,               -- the last temporary failure
    PRIMARY KEY (submission, address)
) WITHOUT ROWID;

-- What was taken over, so that a repetition is known.

CREATE TABLE operation (
    account TEXT NOT NULL,
    id TEXT NOT NULL,
    taken_at REAL NOT NULL,
    PRIMARY KEY (account, id)
) WITHOUT ROWID;
CREATE INDEX operation_age ON operation (taken_at);

-- Who was told last when that somebody is out of office.

CREATE TABLE told (
    account TEXT NOT NULL,
    sender TEXT NOT NULL,
    told_at REAL NOT NULL,
    PRIMARY KEY (account, sender)
) WITHOUT ROWID;
CREATE INDEX told_age ON told (told_at);
