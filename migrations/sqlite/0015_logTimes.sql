-- what: when the lines of a short log came
-- why: a log shows the time of every line, whatever its task prints; the log itself stays as the task wrote it
-- breaking: no

-- Marks (server/db/logTimes.ts). Those of a log that is a file are in a file beside it.
ALTER TABLE logs ADD COLUMN times BLOB;
