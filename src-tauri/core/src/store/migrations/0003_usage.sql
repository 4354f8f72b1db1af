-- What a provider had in its own cache is paid at another price, what nobody counted is estimated, and answers that the user
-- cleared are read by the runs that show them and by nobody else.

ALTER TABLE call ADD COLUMN cached_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE call ADD COLUMN estimated INTEGER NOT NULL DEFAULT 0;
ALTER TABLE completion ADD COLUMN cached_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE completion ADD COLUMN retired INTEGER NOT NULL DEFAULT 0;
