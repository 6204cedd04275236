-- what: events of assets; those that a DAG has not run for yet, and those that a run was triggered by
-- why: a DAG runs when the assets that it is scheduled on were updated, and nothing of that may be lost
-- breaking: no

CREATE TABLE asset_events (
  id bigint PRIMARY KEY,
  name text COLLATE "C" NOT NULL,
  uri text COLLATE "C" NOT NULL,
  asset_group text NOT NULL,
  extra json NOT NULL,
  alias text COLLATE "C",
  at timestamptz NOT NULL,
  source_dag_id text,
  source_run_id text,
  source_task_id text,
  source_map_index integer,
  source_interval_start timestamptz,
  source_interval_end timestamptz
);
CREATE INDEX asset_events_by_uri ON asset_events (uri, id);
CREATE INDEX asset_events_by_name ON asset_events (name, id);
CREATE INDEX asset_events_by_alias ON asset_events (alias, id) WHERE alias IS NOT NULL;
ALTER TABLE dags ADD COLUMN queued_asset_events json NOT NULL DEFAULT '[]';
ALTER TABLE dag_runs ADD COLUMN asset_events json;
