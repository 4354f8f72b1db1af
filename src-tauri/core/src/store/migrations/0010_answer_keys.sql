-- Keys of answers by the thousand: an index in the order of a hash dirties another page with every answer, and the more there are
-- the longer it takes. Written in sorted batches, a page takes many keys at once. Answers after the last batch are looked through.

DROP INDEX completion_by_key;

CREATE TABLE answer_key (
  project_id    INTEGER NOT NULL REFERENCES project(id) ON DELETE CASCADE,
  -- The first eight bytes: they name an answer all but surely; the rest is compared in its row.
  start         BLOB NOT NULL,
  completion_id INTEGER NOT NULL,
  PRIMARY KEY (project_id, start, completion_id)
) STRICT, WITHOUT ROWID;

-- One row: the last answer of the last batch.
CREATE TABLE answer_key_batch (completion_id INTEGER NOT NULL) STRICT;

INSERT INTO answer_key SELECT project_id, substr(key, 1, 8), id FROM completion ORDER BY 1, 2, 3;
INSERT INTO answer_key_batch SELECT coalesce(max(id), 0) FROM completion;

-- The numbers of the last answers are given again when these go with their project.
CREATE TRIGGER answers_gone AFTER DELETE ON project BEGIN
  UPDATE answer_key_batch SET completion_id = min(completion_id, (SELECT coalesce(max(id), 0) FROM completion));
END;
