-- A deleted run is put away like a project or a dataset: marked, restored with all it has, gone when deleted things are emptied.

ALTER TABLE run ADD COLUMN deleted_at INTEGER;
