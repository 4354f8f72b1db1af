-- Several proposals an epoch, and the candidates of a search with their lineage.

CREATE TABLE proposal_of_slot (
  run_id           INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,
  epoch            INTEGER NOT NULL,
  slot             INTEGER NOT NULL,   -- which of the epoch's proposals, from 0
  version_id       INTEGER REFERENCES prompt_version(id), -- null when no prompt could be read
  status           TEXT NOT NULL,
  reason           TEXT,
  system_reasoning TEXT NOT NULL,
  output_reasoning TEXT NOT NULL,
  explanation      TEXT NOT NULL,
  shown            TEXT NOT NULL,
  exchange         TEXT NOT NULL,
  created_at       INTEGER NOT NULL,
  PRIMARY KEY (run_id, epoch, slot)
) STRICT, WITHOUT ROWID;
INSERT INTO proposal_of_slot
  SELECT run_id, epoch, 0, version_id, status, reason, system_reasoning, output_reasoning, explanation, shown, exchange, created_at FROM proposal;
DROP TABLE proposal;
ALTER TABLE proposal_of_slot RENAME TO proposal;

-- What a round of the search made and what became of it; written with the round's decision.
CREATE TABLE candidate (
  run_id     INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,
  number     INTEGER NOT NULL,   -- from 1; the baseline is 0 and has no row
  epoch      INTEGER NOT NULL,
  candidate  TEXT NOT NULL,      -- Candidate
  PRIMARY KEY (run_id, number)
) STRICT, WITHOUT ROWID;

-- Single edits with what the examples said of them.
CREATE TABLE edit (
  run_id INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,
  epoch  INTEGER NOT NULL,
  place  INTEGER NOT NULL,
  edit   TEXT NOT NULL,          -- TriedEdit
  PRIMARY KEY (run_id, epoch, place)
) STRICT, WITHOUT ROWID;

-- Which training examples were answered under which prompt version when a round was decided: what a repeated round may know.
CREATE TABLE search_known (
  run_id INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,
  epoch  INTEGER NOT NULL,
  known  TEXT NOT NULL,          -- {version: [example]}
  PRIMARY KEY (run_id, epoch)
) STRICT, WITHOUT ROWID;
