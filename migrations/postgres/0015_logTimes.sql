-- what: when the lines of a log came
-- why: a log shows the time of every line, whatever its task prints; the log itself stays as the task wrote it
-- breaking: no

-- Marks of the lines that begin in the chunk (server/db/logTimes.ts).
ALTER TABLE log_chunks ADD COLUMN times bytea;
