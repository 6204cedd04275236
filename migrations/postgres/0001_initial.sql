-- what: the first schema
-- why: everything starts here
-- breaking: yes
--
-- Instants are timestamptz with milliseconds. JSON is json, not jsonb: it keeps the order of keys (a trigger form shows params in the
-- author's order) and accepts every string that JSON does. What lists sort by compares byte by byte (COLLATE "C"), as in SQLite.
-- The lists of states equal server/contract/states.ts (a test compares them).

CREATE TABLE settings (
  name text COLLATE "C" PRIMARY KEY,
  value text NOT NULL
);

-- One row: who leads, until when, and the number of the last engine commit. The leader's session is noted so that a standby need not
-- wait for the lease of a controller that is plainly gone.
CREATE TABLE scheduler_leader (
  id bigint PRIMARY KEY CHECK (id = 1),
  holder text,
  epoch bigint NOT NULL,
  commit_seq bigint NOT NULL,
  lease_until timestamptz,
  renewed_at timestamptz,
  session_pid integer,
  session_start timestamptz
);
INSERT INTO scheduler_leader (id, holder, epoch, commit_seq, lease_until) VALUES (1, NULL, 0, 0, NULL);

-- Ids are given by the leader and never come again, not even those of deleted rows (logs are filed under them).
CREATE TABLE id_floors (
  name text COLLATE "C" PRIMARY KEY,
  max_id bigint NOT NULL
);

CREATE TABLE dags (
  dag_id text COLLATE "C" PRIMARY KEY,
  file text NOT NULL,
  is_paused boolean NOT NULL,
  is_stale boolean NOT NULL,
  dag_version_id bigint NOT NULL,
  version integer NOT NULL,
  description text,
  dag_display_name text,
  owner text NOT NULL,
  tags json NOT NULL,
  schedule text,
  timezone text NOT NULL,
  max_active_runs integer NOT NULL,
  max_active_tasks integer NOT NULL,
  task_count integer NOT NULL,
  is_dynamic boolean NOT NULL,
  catchup boolean NOT NULL,
  next_run_after timestamptz,
  next_logical_date timestamptz,
  next_interval_start timestamptz,
  next_interval_end timestamptz,
  last_scheduled_logical_date timestamptz,
  last_scheduled_interval_start timestamptz,
  last_scheduled_interval_end timestamptz,
  last_scheduled_run_after timestamptz,
  consecutive_failed_runs integer NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE INDEX dags_by_file ON dags (file);

CREATE TABLE dag_versions (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  dag_id text COLLATE "C" NOT NULL REFERENCES dags (dag_id) ON DELETE CASCADE,
  version integer NOT NULL,
  hash text NOT NULL,
  bundle_hash text NOT NULL,
  file text NOT NULL,
  created_at timestamptz NOT NULL,
  spec json NOT NULL,
  UNIQUE (dag_id, version)
);

CREATE TABLE blobs (
  sha256 text PRIMARY KEY,
  content bytea NOT NULL
);

CREATE TABLE bundles (
  hash text PRIMARY KEY,
  files json NOT NULL
);

CREATE TABLE dag_files (
  file text COLLATE "C" PRIMARY KEY,
  hash text NOT NULL,
  parsed_at timestamptz NOT NULL,
  duration_ms double precision NOT NULL,
  dag_ids json NOT NULL,
  inputs json NOT NULL,
  error json,
  fork_hazard text
);
CREATE INDEX dag_files_failed ON dag_files (file) WHERE error IS NOT NULL;

CREATE TABLE dag_runs (
  id bigint PRIMARY KEY,
  dag_id text COLLATE "C" NOT NULL REFERENCES dags (dag_id) ON DELETE CASCADE,
  run_id text NOT NULL,
  run_type text NOT NULL CHECK (run_type IN ('scheduled', 'manual', 'backfill', 'asset_triggered')),
  state text NOT NULL CHECK (state IN ('queued', 'running', 'success', 'failed')),
  logical_date timestamptz,
  data_interval_start timestamptz,
  data_interval_end timestamptz,
  run_after timestamptz NOT NULL,
  queued_time timestamptz NOT NULL,
  start_time timestamptz,
  end_time timestamptz,
  triggered_by text NOT NULL,
  conf json NOT NULL,
  note text,
  dag_version_id bigint NOT NULL REFERENCES dag_versions (id),
  backfill_id bigint,
  state_reason text,
  task_counts json NOT NULL
);
CREATE UNIQUE INDEX dag_runs_by_run_id ON dag_runs (dag_id, run_id);
CREATE UNIQUE INDEX dag_runs_by_logical_date ON dag_runs (dag_id, logical_date, run_type) WHERE logical_date IS NOT NULL;
-- With the state, so that "DAGs whose newest run failed" reads the index alone.
CREATE INDEX dag_runs_by_dag ON dag_runs (dag_id, id, state);
CREATE INDEX dag_runs_by_dag_state ON dag_runs (dag_id, state, id);
CREATE INDEX dag_runs_by_state ON dag_runs (state, id);
CREATE INDEX dag_runs_by_date ON dag_runs (logical_date, dag_id) WHERE logical_date IS NOT NULL;
CREATE INDEX dag_runs_by_version ON dag_runs (dag_version_id);

-- Totals of run lists: kept by the triggers below, so that no list counts its rows.
CREATE TABLE dag_run_counts (
  dag_id text COLLATE "C" NOT NULL,
  run_type text NOT NULL,
  state text NOT NULL,
  n bigint NOT NULL,
  PRIMARY KEY (dag_id, run_type, state)
);
CREATE FUNCTION dag_run_counts_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO dag_run_counts AS c (dag_id, run_type, state, n)
    SELECT dag_id, run_type, state, count(*) FROM new_rows GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    ON CONFLICT (dag_id, run_type, state) DO UPDATE SET n = c.n + excluded.n;
  RETURN NULL;
END $$;
CREATE FUNCTION dag_run_counts_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO dag_run_counts AS c (dag_id, run_type, state, n)
    SELECT dag_id, run_type, state, sum(d) FROM (
      SELECT dag_id, run_type, state, 1 AS d FROM new_rows UNION ALL SELECT dag_id, run_type, state, -1 FROM old_rows) AS changes
    GROUP BY 1, 2, 3 HAVING sum(d) <> 0 ORDER BY 1, 2, 3
    ON CONFLICT (dag_id, run_type, state) DO UPDATE SET n = c.n + excluded.n;
  RETURN NULL;
END $$;
CREATE FUNCTION dag_run_counts_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE dag_run_counts c SET n = c.n - gone.n
    FROM (SELECT dag_id, run_type, state, count(*) AS n FROM old_rows GROUP BY 1, 2, 3) AS gone
    WHERE c.dag_id = gone.dag_id AND c.run_type = gone.run_type AND c.state = gone.state;
  RETURN NULL;
END $$;
CREATE TRIGGER dag_run_counts_insert AFTER INSERT ON dag_runs REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION dag_run_counts_inserted();
CREATE TRIGGER dag_run_counts_update AFTER UPDATE ON dag_runs REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION dag_run_counts_updated();
CREATE TRIGGER dag_run_counts_delete AFTER DELETE ON dag_runs REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION dag_run_counts_deleted();

CREATE TABLE task_instances (
  id bigint PRIMARY KEY,
  dag_run_id bigint NOT NULL REFERENCES dag_runs (id) ON DELETE CASCADE,
  task_id text NOT NULL,
  map_index integer NOT NULL,
  state text NOT NULL CHECK (state IN ('none', 'scheduled', 'queued', 'running', 'success', 'failed', 'skipped',
    'upstream_failed', 'up_for_retry', 'up_for_reschedule', 'deferred', 'restarting', 'removed')),
  try_number integer NOT NULL,
  max_tries integer NOT NULL,
  operator text NOT NULL,
  pool text NOT NULL,
  pool_slots integer NOT NULL,
  queue text NOT NULL,
  priority_weight bigint NOT NULL,
  scheduled_time timestamptz,
  queued_time timestamptz,
  start_time timestamptz,
  end_time timestamptz,
  next_try_at timestamptz,
  worker_id text,
  lease_token text,
  state_reason text,
  note text
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
-- The only index beside the key, and none holds the state: a change of state then stays on its page (HOT).
CREATE UNIQUE INDEX task_instances_by_task ON task_instances (dag_run_id, task_id, map_index);

CREATE TABLE attempts (
  task_instance_id bigint NOT NULL REFERENCES task_instances (id) ON DELETE CASCADE,
  attempt integer NOT NULL,
  state text NOT NULL CHECK (state IN ('queued', 'running', 'success', 'failed', 'skipped', 'rescheduled', 'deferred',
    'lost', 'killed')),
  lease_token text NOT NULL,
  worker_id text NOT NULL,
  hostname text NOT NULL,
  pid bigint,
  queued_time timestamptz NOT NULL,
  start_time timestamptz,
  end_time timestamptz,
  exit_code integer,
  signal text,
  reason text,
  max_rss_bytes bigint,
  PRIMARY KEY (task_instance_id, attempt)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);

CREATE TABLE xcoms (
  dag_run_id bigint NOT NULL REFERENCES dag_runs (id) ON DELETE CASCADE,
  task_id text COLLATE "C" NOT NULL,
  map_index integer NOT NULL,
  key text COLLATE "C" NOT NULL,
  size bigint NOT NULL,
  timestamp timestamptz NOT NULL,
  value text NOT NULL,
  PRIMARY KEY (dag_run_id, task_id, map_index, key)
);

-- Facts. Ids point at rows that may be deleted later; the ledger is no place for foreign keys.
CREATE TABLE ledger (
  id bigint PRIMARY KEY,
  at timestamptz NOT NULL,
  kind text NOT NULL,
  dag_id text,
  dag_run_id bigint,
  task_instance_id bigint,
  attempt integer,
  from_state text,
  to_state text,
  cause text NOT NULL,
  actor text NOT NULL,
  message text
);
CREATE INDEX ledger_by_dag ON ledger (dag_id, id) WHERE dag_id IS NOT NULL;
CREATE INDEX ledger_by_dag_run ON ledger (dag_run_id, id) WHERE dag_run_id IS NOT NULL;
CREATE INDEX ledger_by_task_instance ON ledger (task_instance_id, id) WHERE task_instance_id IS NOT NULL;
-- Rows of the ledger by DAG ('' = no DAG), kept by the statements that insert and delete them.
CREATE TABLE ledger_counts (
  dag_id text COLLATE "C" PRIMARY KEY,
  n bigint NOT NULL
);

CREATE TABLE pools (
  name text COLLATE "C" PRIMARY KEY,
  slots integer NOT NULL,
  description text NOT NULL,
  include_deferred boolean NOT NULL
);
INSERT INTO pools (name, slots, description, include_deferred) VALUES ('default_pool', 128, 'Pool of every task that names none', false);

CREATE TABLE variables (
  key text COLLATE "C" PRIMARY KEY,
  value text NOT NULL,
  description text NOT NULL,
  updated_at timestamptz NOT NULL
);

CREATE TABLE secrets (
  key text COLLATE "C" PRIMARY KEY,
  sealed json NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);

CREATE TABLE users (
  username text COLLATE "C" PRIMARY KEY,
  role text NOT NULL CHECK (role IN ('Viewer', 'Operator', 'Admin')),
  password_hash text,
  created_at timestamptz NOT NULL,
  last_login_at timestamptz
);

CREATE TABLE sessions (
  token_hash text PRIMARY KEY,
  username text NOT NULL REFERENCES users (username) ON DELETE CASCADE,
  created_at timestamptz NOT NULL,
  last_used_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_by_user ON sessions (username);

CREATE TABLE api_keys (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  token_hash text NOT NULL UNIQUE,
  username text NOT NULL REFERENCES users (username) ON DELETE CASCADE,
  name text NOT NULL,
  prefix text NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz,
  last_used_at timestamptz
);
CREATE INDEX api_keys_by_user ON api_keys (username);

CREATE TABLE login_links (
  token_hash text PRIMARY KEY,
  username text NOT NULL REFERENCES users (username) ON DELETE CASCADE,
  expires_at timestamptz NOT NULL
);
CREATE INDEX login_links_by_user ON login_links (username);

CREATE TABLE workers (
  worker_id text COLLATE "C" PRIMARY KEY,
  hostname text NOT NULL,
  status text NOT NULL CHECK (status IN ('active', 'draining', 'offline')),
  capacity integer NOT NULL,
  queues json NOT NULL,
  labels json NOT NULL,
  version text NOT NULL,
  last_heartbeat timestamptz NOT NULL,
  connected_at timestamptz NOT NULL
);

CREATE TABLE backfills (
  id bigint PRIMARY KEY,
  dag_id text COLLATE "C" NOT NULL REFERENCES dags (dag_id) ON DELETE CASCADE,
  state text NOT NULL CHECK (state IN ('running', 'paused', 'success', 'failed', 'cancelled')),
  start_date timestamptz NOT NULL,
  end_date timestamptz NOT NULL,
  max_active_runs integer NOT NULL,
  reprocess text NOT NULL CHECK (reprocess IN ('none', 'failed', 'completed')),
  run_backwards boolean NOT NULL,
  conf json NOT NULL,
  created_at timestamptz NOT NULL,
  created_by text NOT NULL,
  end_time timestamptz,
  runs_total integer NOT NULL,
  runs_created integer NOT NULL,
  runs_finished integer NOT NULL
);
CREATE INDEX backfills_by_dag ON backfills (dag_id, id);
CREATE INDEX backfills_open ON backfills (id) WHERE state IN ('running', 'paused');

CREATE TABLE backfill_intervals (
  backfill_id bigint NOT NULL REFERENCES backfills (id) ON DELETE CASCADE,
  ordinal integer NOT NULL,
  logical_date timestamptz NOT NULL,
  data_interval_start timestamptz NOT NULL,
  data_interval_end timestamptz NOT NULL,
  action text NOT NULL CHECK (action IN ('create', 'reprocess', 'skip')),
  run_id text NOT NULL,
  dag_run_id bigint,
  PRIMARY KEY (backfill_id, ordinal)
);

-- Logs of attempts: their size and end, and their bytes in chunks of what was appended at once.
CREATE TABLE logs (
  task_instance_id bigint NOT NULL,
  attempt integer NOT NULL,
  size bigint NOT NULL,
  complete boolean NOT NULL,
  truncated boolean NOT NULL,
  PRIMARY KEY (task_instance_id, attempt)
);
CREATE TABLE log_chunks (
  task_instance_id bigint NOT NULL,
  attempt integer NOT NULL,
  start_offset bigint NOT NULL,
  bytes bytea NOT NULL,
  PRIMARY KEY (task_instance_id, attempt, start_offset)
);
-- Compressing text costs the leader's database more than the disk it saves while a task is writing.
ALTER TABLE log_chunks ALTER COLUMN bytes SET STORAGE EXTERNAL;
-- Logs of deleted task instances: they go after the commit, so that no engine commit waits for them.
CREATE TABLE log_deletions (
  task_instance_id bigint PRIMARY KEY
);
