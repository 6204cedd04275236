-- what: what a deferred task waits for, how many attempts began no try, since when a sensor waits; callbacks of runs that have ended
-- why: a wait holds no worker and must be known again after a restart; a DAG's callback is called although no task runs any more
-- breaking: no

ALTER TABLE task_instances ADD COLUMN deferral TEXT;
ALTER TABLE task_instances ADD COLUMN continuations INTEGER NOT NULL DEFAULT 0;
ALTER TABLE task_instances ADD COLUMN waiting_since INTEGER;
ALTER TABLE dag_runs ADD COLUMN callback TEXT;
CREATE INDEX dag_runs_with_callback ON dag_runs (id) WHERE callback IS NOT NULL;
