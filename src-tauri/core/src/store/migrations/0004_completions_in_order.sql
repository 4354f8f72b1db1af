-- Completions in the order they arrive, found by the start of their key: a table in the order of a hash touches another page with
-- every row, and the more rows there are the longer it takes.

CREATE TABLE completion_in_order (
  id                INTEGER PRIMARY KEY,
  project_id        INTEGER NOT NULL REFERENCES project(id) ON DELETE CASCADE,
  key               BLOB NOT NULL,
  run_id            INTEGER NOT NULL,
  text              TEXT NOT NULL,
  finish            TEXT NOT NULL,
  prompt_tokens     INTEGER NOT NULL,
  cached_tokens     INTEGER NOT NULL,
  completion_tokens INTEGER NOT NULL,
  estimated         INTEGER NOT NULL,
  model             TEXT,
  latency_ms        INTEGER NOT NULL,
  created_at        INTEGER NOT NULL,
  retired           INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO completion_in_order
  (project_id, key, run_id, text, finish, prompt_tokens, cached_tokens, completion_tokens, estimated, model, latency_ms, created_at, retired)
  SELECT project_id, key, run_id, text, finish, prompt_tokens, cached_tokens, completion_tokens, estimated, model, latency_ms, created_at, retired
  FROM completion ORDER BY created_at, run_id, key;
DROP TABLE completion;
ALTER TABLE completion_in_order RENAME TO completion;
-- Eight bytes of a key name it all but surely; the rest is compared in the row.
CREATE INDEX completion_by_key ON completion(project_id, substr(key, 1, 8));

-- Half of a hash tells texts apart as surely as anyone needs, and takes half the room.
UPDATE example SET input_hash = substr(input_hash, 1, 8), pair_hash = substr(pair_hash, 1, 8), truth_hash = substr(truth_hash, 1, 8);
