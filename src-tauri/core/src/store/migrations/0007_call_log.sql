-- What a raw log needs to know of a call, what the user keeps beside an epoch, and runs out of sight.

ALTER TABLE call ADD COLUMN key BLOB;                                -- the first eight bytes of its answer's key
ALTER TABLE call ADD COLUMN error TEXT;                              -- why it brought no answer
ALTER TABLE epoch ADD COLUMN starred INTEGER NOT NULL DEFAULT 0;
ALTER TABLE epoch ADD COLUMN note TEXT NOT NULL DEFAULT '';
ALTER TABLE run ADD COLUMN archived INTEGER NOT NULL DEFAULT 0;
