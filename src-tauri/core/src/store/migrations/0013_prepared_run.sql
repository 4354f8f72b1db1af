-- The form of a new run as it was left: settings that nobody started yet survive a restart.

ALTER TABLE project ADD COLUMN prepared TEXT;
