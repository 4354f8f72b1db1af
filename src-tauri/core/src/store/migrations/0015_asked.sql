-- Who was asked for an answer that was bought outside a run: how long a model takes, and how much it writes, follows from its own
-- answers alone. A run's answers name it by the run; of older ones it is not known.

ALTER TABLE completion ADD COLUMN asked BLOB; -- eight bytes of a hash of role, endpoint and model
CREATE INDEX completion_asked ON completion(project_id, asked) WHERE asked IS NOT NULL;
