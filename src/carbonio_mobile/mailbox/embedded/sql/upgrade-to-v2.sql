-- The folder of the recipients that an account writes to. Where a user has a folder of that name, it takes
-- another.

INSERT OR IGNORE INTO folder
    SELECT 13, NULL, 'Recipient information', 'recipient information', 'recipient-cache',
        modseq + 1, modseq + 1, 0, 0
    FROM mailbox;

INSERT OR IGNORE INTO folder
    SELECT 13, NULL, 'Recipient information (cache)', 'recipient information (cache)', 'recipient-cache',
        modseq + 1, modseq + 1, 0, 0
    FROM mailbox;

UPDATE mailbox SET modseq = modseq + 1, hierarchy_modseq = modseq + 1;
