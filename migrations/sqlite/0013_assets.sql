-- what: events of assets; those that a DAG has not run for yet, and those that a run was triggered by
-- why: a DAG runs when the assets that it is scheduled on were updated, and nothing of that may be lost
-- breaking: no

CREATE TABLE asset_events (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  uri TEXT NOT NULL,
  asset_group TEXT NOT NULL,
  extra TEXT NOT NULL,
  alias TEXT,
  at INTEGER NOT NULL,
  source_dag_id TEXT,
  source_run_id TEXT,
  source_task_id TEXT,
  source_map_index INTEGER,
  source_interval_start INTEGER,
  source_interval_end INTEGER
) STRICT;
CREATE INDEX asset_events_by_uri ON asset_events (uri, id);
CREATE INDEX asset_events_by_name ON asset_events (name, id);
CREATE INDEX asset_events_by_alias ON asset_events (alias, id) WHERE alias IS NOT NULL;
ALTER TABLE dags ADD COLUMN queued_asset_events TEXT NOT NULL DEFAULT '[]';
ALTER TABLE dag_runs ADD COLUMN asset_events TEXT;
