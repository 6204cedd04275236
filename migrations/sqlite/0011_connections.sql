-- what: connections that people keep on the server; password and extra are sealed by the vault
-- why: credentials in the environment of every worker are hard to change, and everybody on that host can read them
-- breaking: no

CREATE TABLE connections (
  conn_id TEXT PRIMARY KEY,
  conn_type TEXT NOT NULL,
  description TEXT NOT NULL,
  host TEXT,
  port INTEGER,
  schema TEXT,
  login TEXT,
  sealed TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
