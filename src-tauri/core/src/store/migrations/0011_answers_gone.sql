-- Numbers of answers are given again after a removal; whoever remembers where an answer lies has to know of it.

ALTER TABLE answer_key_batch ADD COLUMN removals INTEGER NOT NULL DEFAULT 0;

DROP TRIGGER answers_gone;

CREATE TRIGGER answers_gone AFTER DELETE ON project BEGIN
  UPDATE answer_key_batch SET
    removals = removals + 1,
    completion_id = min(completion_id, (SELECT coalesce(max(id), 0) FROM completion));
END;
