-- The words of the product, as tables. Times are Unix milliseconds; JSON columns hold the engine's own types.

CREATE TABLE setting (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;

CREATE TABLE connection (
  id         INTEGER PRIMARY KEY AUTOINCREMENT, -- never reused: keychain entries are named after it
  connection TEXT NOT NULL,    -- Connection without any key
  deleted_at INTEGER           -- runs keep their own copy, so a row can leave the list
) STRICT;

CREATE TABLE project (
  id               INTEGER PRIMARY KEY AUTOINCREMENT,
  name             TEXT NOT NULL,
  created_at       INTEGER NOT NULL,
  updated_at       INTEGER NOT NULL,
  dataset_id       INTEGER REFERENCES dataset(id) ON DELETE SET NULL, -- the current version
  draft            TEXT NOT NULL,    -- PromptDraft
  defaults         TEXT,             -- RunConfig to offer next
  last_version     INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE dataset (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  project_id INTEGER NOT NULL REFERENCES project(id) ON DELETE CASCADE,
  version    INTEGER NOT NULL,
  name       TEXT NOT NULL,
  source     TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  complete   INTEGER NOT NULL DEFAULT 0, -- 0 while rows are still arriving; such a dataset is nobody's and is swept
  columns    TEXT NOT NULL,
  roles      TEXT NOT NULL,
  plan       TEXT NOT NULL,
  sizes      TEXT NOT NULL,
  report     TEXT NOT NULL,
  suggestion TEXT NOT NULL,
  row_count  INTEGER NOT NULL DEFAULT 0,
  leaks      INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX dataset_of_project ON dataset(project_id);

CREATE TABLE example (
  id                  INTEGER PRIMARY KEY,
  dataset_id          INTEGER NOT NULL REFERENCES dataset(id) ON DELETE CASCADE,
  number              INTEGER NOT NULL,  -- position in the dataset, from 1
  split               INTEGER,           -- 0 train, 1 validation, 2 test
  user_input          TEXT NOT NULL,
  ground_truth_output TEXT NOT NULL,
  cells               TEXT NOT NULL,     -- JSON array, every cell in column order
  input_hash          BLOB NOT NULL,
  pair_hash           BLOB NOT NULL,
  truth_hash          BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX example_by_number ON example(dataset_id, number);
CREATE INDEX example_by_split ON example(dataset_id, split, number);

CREATE TABLE prompt_version (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  project_id    INTEGER NOT NULL REFERENCES project(id) ON DELETE CASCADE,
  number        INTEGER,           -- place in the history; null for a proposal that was not accepted
  system_prompt TEXT NOT NULL,
  output_prompt TEXT NOT NULL,
  author        TEXT NOT NULL,
  run_id        INTEGER REFERENCES run(id) ON DELETE SET NULL,
  epoch         INTEGER,
  note          TEXT NOT NULL DEFAULT '',
  created_at    INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX prompt_version_by_number ON prompt_version(project_id, number) WHERE number IS NOT NULL;
CREATE INDEX prompt_version_of_run ON prompt_version(run_id);

CREATE TABLE run (
  id               INTEGER PRIMARY KEY AUTOINCREMENT,
  project_id       INTEGER NOT NULL REFERENCES project(id) ON DELETE CASCADE,
  dataset_id       INTEGER NOT NULL REFERENCES dataset(id),
  name             TEXT NOT NULL,
  status           TEXT NOT NULL,
  stop_reason      TEXT,
  ending           TEXT,             -- why the search ended; set before the test split is opened
  config           TEXT NOT NULL,    -- RunConfig
  connections      TEXT NOT NULL,    -- the connections as they were, without keys
  dataset_name     TEXT NOT NULL,
  splits           TEXT NOT NULL,    -- SplitSizes
  baseline_version INTEGER NOT NULL REFERENCES prompt_version(id),
  best_version     INTEGER NOT NULL REFERENCES prompt_version(id),
  baseline         TEXT NOT NULL,    -- SplitScores
  best             TEXT NOT NULL,    -- BestPrompt
  usage            TEXT NOT NULL,    -- Usage
  progress         TEXT,             -- Progress
  created_at       INTEGER NOT NULL,
  ended_at         INTEGER,
  active_ms        INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX run_of_project ON run(project_id);

-- The exact examples a run uses, frozen when it starts.
CREATE TABLE run_example (
  run_id     INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,
  split      INTEGER NOT NULL,
  position   INTEGER NOT NULL,
  example_id INTEGER NOT NULL REFERENCES example(id),
  left_out   TEXT,               -- permanent cause at the baseline: out of both sides for the whole run
  PRIMARY KEY (run_id, split, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE epoch (
  run_id     INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,
  epoch      INTEGER NOT NULL,
  version_id INTEGER REFERENCES prompt_version(id),  -- what was evaluated; null when invalid
  before_id  INTEGER NOT NULL REFERENCES prompt_version(id), -- the best before it
  summary    TEXT NOT NULL,      -- EpochSummary
  PRIMARY KEY (run_id, epoch)
) STRICT, WITHOUT ROWID;

CREATE TABLE proposal (
  run_id           INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,
  epoch            INTEGER NOT NULL,
  version_id       INTEGER REFERENCES prompt_version(id), -- null when no prompt could be read
  status           TEXT NOT NULL,
  reason           TEXT,
  system_reasoning TEXT NOT NULL,
  output_reasoning TEXT NOT NULL,
  explanation      TEXT NOT NULL,
  shown            TEXT NOT NULL,    -- ShownExample list
  exchange         TEXT NOT NULL,    -- Exchange list
  created_at       INTEGER NOT NULL,
  PRIMARY KEY (run_id, epoch)
) STRICT, WITHOUT ROWID;

-- One paid answer, found again by its content. run_id 0: bought outside a run, by trying a prompt.
CREATE TABLE completion (
  project_id        INTEGER NOT NULL REFERENCES project(id) ON DELETE CASCADE,
  key               BLOB NOT NULL,
  run_id            INTEGER NOT NULL,
  text              TEXT NOT NULL,
  finish            TEXT NOT NULL,
  prompt_tokens     INTEGER NOT NULL,
  completion_tokens INTEGER NOT NULL,
  estimated         INTEGER NOT NULL,
  model             TEXT,
  latency_ms        INTEGER NOT NULL,
  created_at        INTEGER NOT NULL,
  PRIMARY KEY (project_id, key, run_id)
) STRICT, WITHOUT ROWID;

-- One HTTP request: on disk before it is sent (reserved), settled after. What is found reserved after a crash counts as spent.
CREATE TABLE call (
  id                INTEGER PRIMARY KEY,
  run_id            INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,
  role              TEXT NOT NULL,
  state             TEXT NOT NULL,      -- reserved, settled; cached: no request, the answer was on disk
  retry             INTEGER NOT NULL,
  prompt_tokens     INTEGER NOT NULL,   -- the reserved upper bound until settled
  completion_tokens INTEGER NOT NULL,
  created_at        INTEGER NOT NULL
) STRICT;
CREATE INDEX call_of_run ON call(run_id);

CREATE TABLE prediction (
  run_id     INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,
  version_id INTEGER NOT NULL REFERENCES prompt_version(id),
  example_id INTEGER NOT NULL,
  sample     INTEGER NOT NULL,
  key        BLOB NOT NULL,          -- of its completion
  score      REAL,                   -- null when missing
  scores     TEXT NOT NULL,
  outcome    TEXT NOT NULL,
  missing    TEXT,
  cut        INTEGER NOT NULL,
  feedback   TEXT,
  PRIMARY KEY (run_id, version_id, example_id, sample)
) STRICT, WITHOUT ROWID;

-- How often a test example has been opened, and by which run; survives new splits.
CREATE TABLE test_opening (
  example_id INTEGER NOT NULL,
  run_id     INTEGER NOT NULL,
  opened_at  INTEGER NOT NULL,
  PRIMARY KEY (example_id, run_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE event (
  run_id INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,
  seq    INTEGER NOT NULL,
  event  TEXT NOT NULL,              -- RunEvent
  PRIMARY KEY (run_id, seq)
) STRICT, WITHOUT ROWID;

INSERT INTO setting (key, value) VALUES ('database_id', lower(hex(randomblob(8))));
INSERT INTO connection (id, connection) VALUES (1,
  '{"id":1,"name":"Demo model","kind":"demo","base_url":"","key":{"kind":"none"},"timeout_seconds":60,"concurrency":16,"default_model":"demo"}');
