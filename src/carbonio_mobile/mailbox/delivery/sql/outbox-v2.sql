-- Bounds of accounts, mail that cannot be worked on, and operations known by their name alone.

ALTER TABLE submission ADD COLUMN size_bytes INTEGER NOT NULL DEFAULT 0;  -- as stored
ALTER TABLE submission ADD COLUMN set_aside_at REAL;  -- reported, kept for whoever looks into it
CREATE INDEX submission_account ON submission (account, size_bytes) WHERE sender <> '';
CREATE INDEX operation_name ON operation (id);
CREATE INDEX submission_aside ON submission (set_aside_at, local_at, relay_at)
    WHERE set_aside_at IS NOT NULL;
