-- what: the first schema
-- why: everything starts here
-- breaking: yes
--
-- Instants are INTEGER milliseconds since 1970 UTC, booleans are 0 or 1, JSON is TEXT. The lists of states equal
-- server/contract/states.ts (a test compares them). The two hot tables spell them with OR: for IN, SQLite builds a temporary table
-- at every statement, which costs a third of an update.

CREATE TABLE settings (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- One row: who leads, until when, and the number of the last engine commit.
CREATE TABLE scheduler_leader (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  holder TEXT,
  epoch INTEGER NOT NULL,
  commit_seq INTEGER NOT NULL,
  lease_until INTEGER
) STRICT;
INSERT INTO scheduler_leader (id, holder, epoch, commit_seq, lease_until) VALUES (1, NULL, 0, 0, NULL);

-- Ids are given by the leader and never come again, not even those of deleted rows (logs are filed under them).
CREATE TABLE id_floors (
  name TEXT PRIMARY KEY,
  max_id INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE dags (
  dag_id TEXT PRIMARY KEY,
  file TEXT NOT NULL,
  is_paused INTEGER NOT NULL,
  is_stale INTEGER NOT NULL,
  dag_version_id INTEGER NOT NULL,
  version INTEGER NOT NULL,
  description TEXT,
  dag_display_name TEXT,
  owner TEXT NOT NULL,
  tags TEXT NOT NULL,
  schedule TEXT,
  timezone TEXT NOT NULL,
  max_active_runs INTEGER NOT NULL,
  max_active_tasks INTEGER NOT NULL,
  task_count INTEGER NOT NULL,
  is_dynamic INTEGER NOT NULL,
  catchup INTEGER NOT NULL,
  next_run_after INTEGER,
  next_logical_date INTEGER,
  next_interval_start INTEGER,
  next_interval_end INTEGER,
  last_scheduled_logical_date INTEGER,
  last_scheduled_interval_start INTEGER,
  last_scheduled_interval_end INTEGER,
  last_scheduled_run_after INTEGER,
  consecutive_failed_runs INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX dags_by_file ON dags (file);

CREATE TABLE dag_versions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  dag_id TEXT NOT NULL REFERENCES dags (dag_id) ON DELETE CASCADE,
  version INTEGER NOT NULL,
  hash TEXT NOT NULL,
  bundle_hash TEXT NOT NULL,
  file TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  -- Last: it may be megabytes, and columns before it are read without it.
  spec TEXT NOT NULL,
  UNIQUE (dag_id, version)
) STRICT;

CREATE TABLE blobs (
  sha256 TEXT PRIMARY KEY,
  content BLOB NOT NULL
) STRICT;

CREATE TABLE bundles (
  hash TEXT PRIMARY KEY,
  files TEXT NOT NULL
) STRICT;

CREATE TABLE dag_files (
  file TEXT PRIMARY KEY,
  hash TEXT NOT NULL,
  parsed_at INTEGER NOT NULL,
  duration_ms REAL NOT NULL,
  dag_ids TEXT NOT NULL,
  inputs TEXT NOT NULL,
  error TEXT,
  fork_hazard TEXT
) STRICT;
CREATE INDEX dag_files_failed ON dag_files (file) WHERE error IS NOT NULL;

CREATE TABLE dag_runs (
  id INTEGER PRIMARY KEY,
  dag_id TEXT NOT NULL REFERENCES dags (dag_id) ON DELETE CASCADE,
  run_id TEXT NOT NULL,
  run_type TEXT NOT NULL CHECK (run_type IN ('scheduled', 'manual', 'backfill', 'asset_triggered')),
  state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'success', 'failed')),
  logical_date INTEGER,
  data_interval_start INTEGER,
  data_interval_end INTEGER,
  run_after INTEGER NOT NULL,
  queued_time INTEGER NOT NULL,
  start_time INTEGER,
  end_time INTEGER,
  triggered_by TEXT NOT NULL,
  conf TEXT NOT NULL,
  note TEXT,
  dag_version_id INTEGER NOT NULL REFERENCES dag_versions (id),
  backfill_id INTEGER,
  state_reason TEXT,
  task_counts TEXT NOT NULL
) STRICT;
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
  dag_id TEXT NOT NULL,
  run_type TEXT NOT NULL,
  state TEXT NOT NULL,
  n INTEGER NOT NULL,
  PRIMARY KEY (dag_id, run_type, state)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER dag_run_counts_insert AFTER INSERT ON dag_runs BEGIN
  INSERT INTO dag_run_counts (dag_id, run_type, state, n) VALUES (new.dag_id, new.run_type, new.state, 1)
    ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER dag_run_counts_update AFTER UPDATE OF state ON dag_runs WHEN old.state <> new.state BEGIN
  UPDATE dag_run_counts SET n = n - 1 WHERE dag_id = old.dag_id AND run_type = old.run_type AND state = old.state;
  INSERT INTO dag_run_counts (dag_id, run_type, state, n) VALUES (new.dag_id, new.run_type, new.state, 1)
    ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER dag_run_counts_delete AFTER DELETE ON dag_runs BEGIN
  UPDATE dag_run_counts SET n = n - 1 WHERE dag_id = old.dag_id AND run_type = old.run_type AND state = old.state;
END;

CREATE TABLE task_instances (
  id INTEGER PRIMARY KEY,
  dag_run_id INTEGER NOT NULL REFERENCES dag_runs (id) ON DELETE CASCADE,
  task_id TEXT NOT NULL,
  map_index INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state = 'none' OR state = 'scheduled' OR state = 'queued' OR state = 'running' OR state = 'success' OR
    state = 'failed' OR state = 'skipped' OR state = 'upstream_failed' OR state = 'up_for_retry' OR
    state = 'up_for_reschedule' OR state = 'deferred' OR state = 'restarting' OR state = 'removed'),
  try_number INTEGER NOT NULL,
  max_tries INTEGER NOT NULL,
  operator TEXT NOT NULL,
  pool TEXT NOT NULL,
  pool_slots INTEGER NOT NULL,
  queue TEXT NOT NULL,
  priority_weight INTEGER NOT NULL,
  scheduled_time INTEGER,
  queued_time INTEGER,
  start_time INTEGER,
  end_time INTEGER,
  next_try_at INTEGER,
  worker_id TEXT,
  lease_token TEXT,
  state_reason TEXT,
  note TEXT
) STRICT;
-- The only index beside the key, and none holds the state: a change of state then touches one page.
CREATE UNIQUE INDEX task_instances_by_task ON task_instances (dag_run_id, task_id, map_index);

CREATE TABLE attempts (
  task_instance_id INTEGER NOT NULL REFERENCES task_instances (id) ON DELETE CASCADE,
  attempt INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state = 'queued' OR state = 'running' OR state = 'success' OR state = 'failed' OR state = 'skipped' OR
    state = 'rescheduled' OR state = 'deferred' OR state = 'lost' OR state = 'killed'),
  lease_token TEXT NOT NULL,
  worker_id TEXT NOT NULL,
  hostname TEXT NOT NULL,
  pid INTEGER,
  queued_time INTEGER NOT NULL,
  start_time INTEGER,
  end_time INTEGER,
  exit_code INTEGER,
  signal TEXT,
  reason TEXT,
  max_rss_bytes INTEGER,
  PRIMARY KEY (task_instance_id, attempt)
) STRICT, WITHOUT ROWID;

CREATE TABLE xcoms (
  dag_run_id INTEGER NOT NULL REFERENCES dag_runs (id) ON DELETE CASCADE,
  task_id TEXT NOT NULL,
  map_index INTEGER NOT NULL,
  key TEXT NOT NULL,
  size INTEGER NOT NULL,
  timestamp INTEGER NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (dag_run_id, task_id, map_index, key)
) STRICT;

-- Facts. Ids point at rows that may be deleted later; the ledger is no place for foreign keys.
CREATE TABLE ledger (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  dag_id TEXT,
  dag_run_id INTEGER,
  task_instance_id INTEGER,
  attempt INTEGER,
  from_state TEXT,
  to_state TEXT,
  cause TEXT NOT NULL,
  actor TEXT NOT NULL,
  message TEXT
) STRICT;
CREATE INDEX ledger_by_dag ON ledger (dag_id, id) WHERE dag_id IS NOT NULL;
CREATE INDEX ledger_by_dag_run ON ledger (dag_run_id, id) WHERE dag_run_id IS NOT NULL;
CREATE INDEX ledger_by_task_instance ON ledger (task_instance_id, id) WHERE task_instance_id IS NOT NULL;
-- Rows of the ledger by DAG ('' = no DAG), kept by the statements that insert and delete them.
CREATE TABLE ledger_counts (
  dag_id TEXT PRIMARY KEY,
  n INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE pools (
  name TEXT PRIMARY KEY,
  slots INTEGER NOT NULL,
  description TEXT NOT NULL,
  include_deferred INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO pools (name, slots, description, include_deferred) VALUES ('default_pool', 128, 'Pool of every task that names none', 0);

CREATE TABLE variables (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL,
  description TEXT NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE secrets (
  key TEXT PRIMARY KEY,
  sealed TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE users (
  username TEXT PRIMARY KEY,
  role TEXT NOT NULL CHECK (role IN ('Viewer', 'Operator', 'Admin')),
  password_hash TEXT,
  created_at INTEGER NOT NULL,
  last_login_at INTEGER
) STRICT;

CREATE TABLE sessions (
  token_hash TEXT PRIMARY KEY,
  username TEXT NOT NULL REFERENCES users (username) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  last_used_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_user ON sessions (username);

CREATE TABLE api_keys (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  token_hash TEXT NOT NULL UNIQUE,
  username TEXT NOT NULL REFERENCES users (username) ON DELETE CASCADE,
  name TEXT NOT NULL,
  prefix TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  last_used_at INTEGER
) STRICT;
CREATE INDEX api_keys_by_user ON api_keys (username);

CREATE TABLE login_links (
  token_hash TEXT PRIMARY KEY,
  username TEXT NOT NULL REFERENCES users (username) ON DELETE CASCADE,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX login_links_by_user ON login_links (username);

CREATE TABLE workers (
  worker_id TEXT PRIMARY KEY,
  hostname TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('active', 'draining', 'offline')),
  capacity INTEGER NOT NULL,
  queues TEXT NOT NULL,
  labels TEXT NOT NULL,
  version TEXT NOT NULL,
  last_heartbeat INTEGER NOT NULL,
  connected_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE backfills (
  id INTEGER PRIMARY KEY,
  dag_id TEXT NOT NULL REFERENCES dags (dag_id) ON DELETE CASCADE,
  state TEXT NOT NULL CHECK (state IN ('running', 'paused', 'success', 'failed', 'cancelled')),
  start_date INTEGER NOT NULL,
  end_date INTEGER NOT NULL,
  max_active_runs INTEGER NOT NULL,
  reprocess TEXT NOT NULL CHECK (reprocess IN ('none', 'failed', 'completed')),
  run_backwards INTEGER NOT NULL,
  conf TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  end_time INTEGER,
  runs_total INTEGER NOT NULL,
  runs_created INTEGER NOT NULL,
  runs_finished INTEGER NOT NULL
) STRICT;
CREATE INDEX backfills_by_dag ON backfills (dag_id, id);
CREATE INDEX backfills_open ON backfills (id) WHERE state IN ('running', 'paused');

CREATE TABLE backfill_intervals (
  backfill_id INTEGER NOT NULL REFERENCES backfills (id) ON DELETE CASCADE,
  ordinal INTEGER NOT NULL,
  logical_date INTEGER NOT NULL,
  data_interval_start INTEGER NOT NULL,
  data_interval_end INTEGER NOT NULL,
  action TEXT NOT NULL CHECK (action IN ('create', 'reprocess', 'skip')),
  run_id TEXT NOT NULL,
  dag_run_id INTEGER,
  PRIMARY KEY (backfill_id, ordinal)
) STRICT, WITHOUT ROWID;

-- Logs are files (logs/ in the data folder); a row says that the attempt's log has ended.
CREATE TABLE logs (
  task_instance_id INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  truncated INTEGER NOT NULL,
  PRIMARY KEY (task_instance_id, attempt)
) STRICT, WITHOUT ROWID;
-- Logs of deleted task instances: their files go after the commit, and at the next start if that was cut short.
CREATE TABLE log_deletions (
  task_instance_id INTEGER PRIMARY KEY
) STRICT;
