-- what: favourites and saved views of each user; the tasks of each DAG's newest version; indexes of runs by time and by name
-- why: Home, the DAG list and the search answer within 50 ms at thousands of DAGs and a million task instances
-- breaking: no

CREATE TABLE favourites (
  username text COLLATE "C" NOT NULL REFERENCES users (username) ON DELETE CASCADE,
  dag_id text COLLATE "C" NOT NULL REFERENCES dags (dag_id) ON DELETE CASCADE,
  PRIMARY KEY (username, dag_id)
);
CREATE INDEX favourites_by_dag ON favourites (dag_id);

-- `search` is the part of a page's address behind the question mark.
CREATE TABLE saved_views (
  username text COLLATE "C" NOT NULL REFERENCES users (username) ON DELETE CASCADE,
  page text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  search text NOT NULL,
  PRIMARY KEY (username, page, name)
);

CREATE TABLE dag_tasks (
  dag_id text COLLATE "C" NOT NULL REFERENCES dags (dag_id) ON DELETE CASCADE,
  task_id text COLLATE "C" NOT NULL,
  PRIMARY KEY (dag_id, task_id)
);
INSERT INTO dag_tasks (dag_id, task_id)
  SELECT DISTINCT d.dag_id, t.task ->> 'task_id'
  FROM dags d JOIN dag_versions v ON v.id = d.dag_version_id, json_array_elements(v.spec -> 'tasks') AS t (task);

-- The timeline reads these columns from the index alone.
CREATE INDEX dag_runs_by_start ON dag_runs (dag_id, start_time, end_time, state) WHERE start_time IS NOT NULL;
CREATE INDEX dag_runs_failed ON dag_runs (end_time, id) WHERE state = 'failed';
CREATE INDEX dag_runs_by_name ON dag_runs (run_id COLLATE "C");
