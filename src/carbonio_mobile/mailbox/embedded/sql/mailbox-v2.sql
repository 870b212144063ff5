-- The database of one account's mailbox.
--
-- modseq is the mailbox's change counter. Every change of an item takes the next number, writes it on the
-- item (or on the tombstone that the item leaves in its folder) and, per aspect, on what changed.
--
-- Contacts, events, tasks and notes stand in the same tables as messages. Their item.received is their place in
-- the folder's listing, their item.conversation the digest of their UID, their body.record one of the room pim.

CREATE TABLE mailbox (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    account TEXT NOT NULL,
    epoch TEXT NOT NULL,               -- stands in all tokens; another mailbox's tokens do not fit
    modseq INTEGER NOT NULL,           -- the last number taken
    hierarchy_modseq INTEGER NOT NULL, -- when a folder last came, changed or went
    used_bytes INTEGER NOT NULL,       -- the sum of item.size_bytes
    out_of_office TEXT NOT NULL        -- JSON
);

CREATE TABLE folder (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    parent INTEGER REFERENCES folder (id),
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    kind TEXT NOT NULL,
    modseq INTEGER NOT NULL,           -- the folder's last change; at first that of its creation
    horizon INTEGER NOT NULL,          -- tokens below this are forgotten
    last_item INTEGER NOT NULL,        -- the highest item.number ever given in it
    item_count INTEGER NOT NULL        -- how many stand in it
);
CREATE UNIQUE INDEX folder_name ON folder (ifnull(parent, 0), name_key);
CREATE INDEX folder_parent ON folder (parent);

CREATE TABLE item (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- known within this database only
    folder INTEGER NOT NULL REFERENCES folder (id),
    number INTEGER NOT NULL,           -- the ItemId, one more than the folder's last
    received REAL NOT NULL,
    modseq INTEGER NOT NULL,           -- the last of the five below
    content_modseq INTEGER NOT NULL,
    read_modseq INTEGER NOT NULL,
    follow_up_modseq INTEGER NOT NULL,
    categories_modseq INTEGER NOT NULL,
    verb_modseq INTEGER NOT NULL,
    is_read INTEGER NOT NULL,
    follow_up TEXT,                    -- JSON [status, [[name, text], ...]]
    categories TEXT,                   -- JSON [name, ...]
    verb INTEGER NOT NULL,
    verb_at REAL NOT NULL,
    conversation BLOB NOT NULL,
    size_bytes INTEGER NOT NULL        -- of the source, as it came
);
CREATE UNIQUE INDEX item_number ON item (folder, number);
CREATE INDEX item_listing ON item (folder, received, number, modseq);
CREATE INDEX item_changes ON item (folder, modseq);
CREATE INDEX item_conversation ON item (conversation);

-- What an item holds stands apart, so that a scan of the items stays small. All bodies are zlib streams.

CREATE TABLE body (
    item INTEGER PRIMARY KEY REFERENCES item (id) ON DELETE CASCADE,
    record TEXT NOT NULL,              -- JSON of MessageRecord
    text BLOB NOT NULL,
    html BLOB NOT NULL
);

CREATE TABLE source (
    item INTEGER PRIMARY KEY REFERENCES item (id) ON DELETE CASCADE,
    content BLOB NOT NULL
);

-- The index keeps no text of its own; to take an item out of it, its text must be given once more.

CREATE TABLE searchable (
    item INTEGER PRIMARY KEY REFERENCES item (id) ON DELETE CASCADE,
    text BLOB NOT NULL
);

CREATE VIRTUAL TABLE words USING fts5 (
    text, content = '', columnsize = 0, tokenize = 'unicode61 remove_diacritics 2'
);

-- Which number left which folder when, and where to.

CREATE TABLE tombstone (
    folder INTEGER NOT NULL REFERENCES folder (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    modseq INTEGER NOT NULL,
    new_folder INTEGER,
    new_number INTEGER,
    PRIMARY KEY (folder, number)
) WITHOUT ROWID;
CREATE INDEX tombstone_changes ON tombstone (folder, modseq);

-- What was done at most once, with its result.

CREATE TABLE operation (
    id TEXT PRIMARY KEY,
    done_at REAL NOT NULL,
    result TEXT NOT NULL               -- JSON
) WITHOUT ROWID;
CREATE INDEX operation_age ON operation (done_at);
