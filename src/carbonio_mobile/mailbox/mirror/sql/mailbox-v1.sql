-- What links the mirror of a mailbox to the servers that hold it. The tables of the embedded mailbox stand beside.

CREATE TABLE remote_folder (
    folder INTEGER PRIMARY KEY REFERENCES folder (id) ON DELETE CASCADE,
    protocol TEXT NOT NULL,            -- imap, dav; local: nowhere else
    place TEXT NOT NULL,               -- imap: the name of the mailbox; dav: the URL of the collection
    component TEXT NOT NULL,           -- dav: which of a calendar's objects; else empty
    remote_id TEXT NOT NULL,           -- imap: MAILBOXID, where the server has it
    epoch TEXT NOT NULL,               -- imap: UIDVALIDITY
    token TEXT NOT NULL,               -- up to where it is known; empty: it was never read
    read_only INTEGER NOT NULL,
    container INTEGER NOT NULL         -- it can hold folders only
);
CREATE UNIQUE INDEX remote_folder_place ON remote_folder (protocol, place, component);

CREATE TABLE remote_message (
    item INTEGER PRIMARY KEY REFERENCES item (id) ON DELETE CASCADE,
    folder INTEGER NOT NULL,
    uid INTEGER NOT NULL,
    cached_bytes INTEGER NOT NULL      -- of its row in body; 0 where it has none
);
CREATE UNIQUE INDEX remote_message_uid ON remote_message (folder, uid);

-- A note that is a message: it has a row in remote_message, too, with cached_bytes 0.
CREATE TABLE remote_note (
    item INTEGER PRIMARY KEY REFERENCES item (id) ON DELETE CASCADE,
    folder INTEGER NOT NULL,
    identifier TEXT NOT NULL,          -- what all messages that it was and will be have in common
    whole INTEGER NOT NULL             -- whether all that the message holds is in the note
);
CREATE INDEX remote_note_identifier ON remote_note (folder, identifier);

CREATE TABLE remote_object (
    item INTEGER PRIMARY KEY REFERENCES item (id) ON DELETE CASCADE,
    folder INTEGER NOT NULL,
    url TEXT NOT NULL,
    etag TEXT NOT NULL                 -- empty where the server does not tell
);
CREATE UNIQUE INDEX remote_object_url ON remote_object (folder, url);

-- What was written here since the folder's token. A server that compares the state of then with that of now says
-- nothing of a resource that others have put back to what it was.

CREATE TABLE remote_touched (
    folder INTEGER NOT NULL REFERENCES folder (id) ON DELETE CASCADE,
    url TEXT NOT NULL,
    PRIMARY KEY (folder, url)
) WITHOUT ROWID;

-- What is about to be done on a server: a process that dies on the way leaves it behind.

CREATE TABLE remote_intent (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    verb TEXT NOT NULL,                -- append, draft, move
    folder INTEGER NOT NULL,
    operation TEXT NOT NULL,
    detail TEXT NOT NULL,              -- JSON
    begun_at REAL NOT NULL
);

CREATE TABLE mirror (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    cached_bytes INTEGER NOT NULL      -- the sum of remote_message.cached_bytes
);
INSERT INTO mirror VALUES (1, 0);

CREATE TRIGGER remote_message_kept AFTER UPDATE OF cached_bytes ON remote_message
WHEN new.cached_bytes <> old.cached_bytes BEGIN
    UPDATE mirror SET cached_bytes = cached_bytes + new.cached_bytes - old.cached_bytes;
END;
CREATE TRIGGER remote_message_linked AFTER INSERT ON remote_message WHEN new.cached_bytes > 0 BEGIN
    UPDATE mirror SET cached_bytes = cached_bytes + new.cached_bytes;
END;
CREATE TRIGGER remote_message_gone AFTER DELETE ON remote_message WHEN old.cached_bytes > 0 BEGIN
    UPDATE mirror SET cached_bytes = cached_bytes - old.cached_bytes;
END;
