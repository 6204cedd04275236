-- what: controllers on one database know each other, and hand commands to the one that leads
-- why: a standby accepts what a person asks of it, and tells workers and people where the leader is
-- breaking: no

-- Controllers that live; each writes its row every second. Nothing is decided by it: leadership is scheduler_leader's alone.
CREATE TABLE controllers (
  holder text COLLATE "C" PRIMARY KEY,
  api_address text,
  swarm_address text,
  seen_at timestamptz NOT NULL
);

-- Commands that a controller took without leading. The leader claims them with its epoch; the answer is written by the very engine
-- commit that carries the command out, so that it happens once or not at all whoever dies. `id` is the asker's own, so that an INSERT
-- whose answer was lost can be repeated.
CREATE TABLE commands (
  id text COLLATE "C" PRIMARY KEY,
  ordinal bigint GENERATED ALWAYS AS IDENTITY,
  asked_by text NOT NULL,
  method text NOT NULL,
  params text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  epoch bigint,
  answer text,
  answered_at timestamptz
);
CREATE INDEX commands_open ON commands (ordinal) WHERE answered_at IS NULL;
