-- The example a call was about. Null for the optimizer's, and for calls that were made before it was kept: those of them whose answer was
-- kept as a prediction are found by its key.
ALTER TABLE call ADD COLUMN example_id INTEGER;
