-- what: indexes of DAG runs by when they were due
-- why: lists, grid, charts and neighbours go by run_after; a backfilled run stands among its days, not where its row was written
-- breaking: no

DROP INDEX dag_runs_by_dag;
DROP INDEX dag_runs_by_dag_state;
DROP INDEX dag_runs_by_state;
-- With the state, so that "DAGs whose newest run failed" reads the index alone.
CREATE INDEX dag_runs_by_dag ON dag_runs (dag_id, run_after, id, state);
CREATE INDEX dag_runs_by_dag_state ON dag_runs (dag_id, state, run_after, id);
CREATE INDEX dag_runs_by_state ON dag_runs (state, run_after, id);
CREATE INDEX dag_runs_by_due ON dag_runs (run_after, id);
