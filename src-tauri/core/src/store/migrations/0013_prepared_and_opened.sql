-- The form of a new run as it was left: settings that nobody started yet survive a restart.

ALTER TABLE project ADD COLUMN prepared TEXT;

-- How many of its test examples an earlier run had opened, as it was when it opened them: its test figures say so wherever they stand.

ALTER TABLE run ADD COLUMN test_opened_before INTEGER NOT NULL DEFAULT 0;
UPDATE run SET test_opened_before = (
  SELECT count(*) FROM test_opening mine WHERE mine.run_id = run.id AND EXISTS (
    SELECT 1 FROM test_opening o JOIN run other ON other.id = o.run_id
    WHERE (o.example_id = mine.example_id OR o.pair_hash = mine.pair_hash)
      AND o.run_id <> mine.run_id AND o.opened_at < mine.opened_at AND other.project_id = run.project_id
  )
);
