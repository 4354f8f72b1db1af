-- Rows of a dataset are written once and never changed. What a dataset version knows of a row beyond its texts (its split, whether it
-- is excluded, whether it is gone) is four bits, kept in blocks; a version is the list of bits that it changed.

DELETE FROM dataset WHERE complete = 0;

-- Without a reference to the example: checking it took a pass over all runs for every example that is deleted.
CREATE TABLE run_example_free (
  run_id     INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,
  split      INTEGER NOT NULL,
  position   INTEGER NOT NULL,
  example_id INTEGER NOT NULL,
  left_out   TEXT,               -- permanent cause at the baseline: out of both sides for the whole run
  PRIMARY KEY (run_id, split, position)
) STRICT, WITHOUT ROWID;
INSERT INTO run_example_free SELECT run_id, split, position, example_id, left_out FROM run_example;
DROP TABLE run_example;
ALTER TABLE run_example_free RENAME TO run_example;

-- What was opened is known by its content too: it stays opened when the same file is imported again.
ALTER TABLE test_opening ADD COLUMN pair_hash BLOB;
UPDATE test_opening SET pair_hash = (SELECT e.pair_hash FROM example e WHERE e.id = example_id);
CREATE INDEX test_opening_by_pair ON test_opening(pair_hash);

ALTER TABLE dataset ADD COLUMN import_id INTEGER;    -- the version whose import brought the rows; an import names itself
ALTER TABLE dataset ADD COLUMN base_id INTEGER;      -- the version of the same import that it was made from
ALTER TABLE dataset ADD COLUMN changes BLOB;         -- what it changed of the base, see store/rows.rs
ALTER TABLE dataset ADD COLUMN change TEXT NOT NULL DEFAULT ''; -- the same in words
ALTER TABLE dataset ADD COLUMN undo_id INTEGER;      -- where undo leads
ALTER TABLE dataset ADD COLUMN redo_id INTEGER;      -- where redo leads
ALTER TABLE dataset ADD COLUMN head_id INTEGER;      -- of an import: the version that its blocks are at
ALTER TABLE dataset ADD COLUMN excluded INTEGER NOT NULL DEFAULT 0;
ALTER TABLE dataset ADD COLUMN profile TEXT;         -- DataProfile, once somebody asked
UPDATE dataset SET import_id = id, head_id = id, change = 'imported ' || name,
  undo_id = (SELECT max(d.id) FROM dataset d WHERE d.project_id = dataset.project_id AND d.id < dataset.id);
CREATE INDEX dataset_of_import ON dataset(import_id);

-- Rows that follow each other, in the order of their numbers.
CREATE TABLE example_block (
  first_id     INTEGER PRIMARY KEY,
  dataset_id   INTEGER NOT NULL REFERENCES dataset(id) ON DELETE CASCADE, -- the import
  first_number INTEGER NOT NULL,
  count        INTEGER NOT NULL,
  states       BLOB NOT NULL     -- a byte for each row: 1 to 3 the split, 4 excluded, 8 gone
) STRICT;
CREATE INDEX example_block_of_dataset ON example_block(dataset_id);

-- Beside the blocks, because most readers do not need them: for each row eight bytes of input and eight of ground truth.
CREATE TABLE example_hashes (
  first_id INTEGER PRIMARY KEY REFERENCES example_block(first_id) ON DELETE CASCADE,
  hashes   BLOB NOT NULL
) STRICT;

INSERT INTO example_block (first_id, dataset_id, first_number, count, states)
  SELECT min(id), dataset_id, min(number), count(*), unhex(group_concat(printf('%02x', coalesce(split + 1, 0)), '' ORDER BY id))
  FROM example GROUP BY dataset_id, id - number, (number - 1) / 16384;
INSERT INTO example_hashes (first_id, hashes)
  SELECT min(id), unhex(group_concat(hex(input_hash) || hex(truth_hash), '' ORDER BY id))
  FROM example GROUP BY dataset_id, id - number, (number - 1) / 16384;

-- A row: no text twice.
CREATE TABLE example_once (
  id                  INTEGER PRIMARY KEY,
  dataset_id          INTEGER NOT NULL,  -- the import that brought it
  number              INTEGER NOT NULL,  -- position in the dataset, from 1; an edited row keeps it
  user_input          TEXT NOT NULL,
  ground_truth_output TEXT NOT NULL,
  others              TEXT               -- JSON array of the other cells in column order; null when there are none
) STRICT;
CREATE TEMP TABLE role_place AS
  SELECT d.id AS dataset_id,
    (SELECT key FROM json_each(d.columns) WHERE value = json_extract(d.roles, '$.input')) AS input,
    (SELECT key FROM json_each(d.columns) WHERE value = json_extract(d.roles, '$.truth')) AS truth
  FROM dataset d;
INSERT INTO example_once (id, dataset_id, number, user_input, ground_truth_output, others)
  SELECT e.id, e.dataset_id, e.number, e.user_input, e.ground_truth_output,
    CASE WHEN p.input IS NULL OR p.truth IS NULL THEN e.cells
         ELSE nullif(json_remove(e.cells, '$[' || max(p.input, p.truth) || ']', '$[' || min(p.input, p.truth) || ']'), '[]') END
  FROM example e JOIN role_place p ON p.dataset_id = e.dataset_id ORDER BY e.id;
DROP TABLE role_place;
DROP TABLE example;
ALTER TABLE example_once RENAME TO example;

-- Ground truths that somebody looked at and found right.
CREATE TABLE confirmed_truth (
  example_id   INTEGER PRIMARY KEY,
  confirmed_at INTEGER NOT NULL
) STRICT;

CREATE TRIGGER example_block_gone AFTER DELETE ON example_block BEGIN
  DELETE FROM example WHERE id BETWEEN old.first_id AND old.first_id + old.count - 1;
  DELETE FROM test_opening WHERE example_id BETWEEN old.first_id AND old.first_id + old.count - 1;
  DELETE FROM confirmed_truth WHERE example_id BETWEEN old.first_id AND old.first_id + old.count - 1;
END;

-- Where the order of a large import by a column is kept: four bytes for each row, its place among the rows of the import.
CREATE TABLE example_order (
  dataset_id INTEGER NOT NULL REFERENCES dataset(id) ON DELETE CASCADE,
  column     TEXT NOT NULL,
  places     BLOB NOT NULL,
  PRIMARY KEY (dataset_id, column)
) STRICT;

-- How many rows of a large import stand in its search index, the table example_text_ID.
CREATE TABLE search_index (
  dataset_id INTEGER PRIMARY KEY REFERENCES dataset(id) ON DELETE CASCADE,
  rows       INTEGER NOT NULL
) STRICT;
