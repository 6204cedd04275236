-- what: indexes by which retention finds what is old
-- why: without them it would read every run and every ledger entry once an hour
-- breaking: no

CREATE INDEX dag_runs_by_end ON dag_runs (end_time, id) WHERE end_time IS NOT NULL;
-- Entries of runs go with their runs; few have none.
CREATE INDEX ledger_without_run ON ledger (at, id) WHERE dag_run_id IS NULL;
