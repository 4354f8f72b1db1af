-- What a run's validation examples say, as one hash: two runs with the same were measured on the same examples, wherever these came from.
-- Null for runs that were started before it was kept.
ALTER TABLE run ADD COLUMN measured_on TEXT;
