-- Texts of a prompt version that no proposal may change: [LockedSpan]. A draft and a run's settings carry theirs as JSON already.
ALTER TABLE prompt_version ADD COLUMN locked TEXT NOT NULL DEFAULT '[]';
