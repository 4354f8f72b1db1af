-- Projects and datasets are put away before they go: archived as long as the user likes, deleted until somebody empties what is deleted.
-- A project's identity travels with its exported examples, so that a file finds its project again.

ALTER TABLE project ADD COLUMN identity TEXT NOT NULL DEFAULT '';
ALTER TABLE project ADD COLUMN archived_at INTEGER;
ALTER TABLE project ADD COLUMN deleted_at INTEGER;
UPDATE project SET identity = lower(hex(randomblob(8)));

ALTER TABLE dataset ADD COLUMN archived_at INTEGER;
ALTER TABLE dataset ADD COLUMN deleted_at INTEGER;
