-- Test examples whose input the run's training or validation examples have as well: no independent proof of anything. 0 for runs that were
-- started before it was counted.
ALTER TABLE run ADD COLUMN test_known INTEGER NOT NULL DEFAULT 0;
