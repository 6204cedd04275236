-- what: connections that people keep on the server; password and extra are sealed by the vault
-- why: credentials in the environment of every worker are hard to change, and everybody on that host can read them
-- breaking: no

CREATE TABLE connections (
  conn_id text COLLATE "C" PRIMARY KEY,
  conn_type text NOT NULL,
  description text NOT NULL,
  host text,
  port integer,
  schema text,
  login text,
  sealed json,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
