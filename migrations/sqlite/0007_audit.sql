-- what: indexes of what people did to a DAG, and of runs without a logical date
-- why: the audit log finds a person's entry among millions of the engine's; the calendar counts undated runs by the day they ran
-- breaking: no

-- The condition must be the one of BY_PEOPLE in server/db/entities/insights.ts, word for word.
CREATE INDEX ledger_by_people ON ledger (dag_id, id)
  WHERE dag_id IS NOT NULL AND cause IN ('user', 'cleared', 'marked', 'cancelled', 'new_version') AND actor <> 'scheduler';
CREATE INDEX dag_runs_undated ON dag_runs (dag_id, run_after) WHERE logical_date IS NULL;
