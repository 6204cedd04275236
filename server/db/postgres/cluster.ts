/** Controllers on one PostgreSQL: who lives, and commands for the leader. Each method is one statement. */
import type { Clock } from '#runtime/clock.ts'
import type { Cluster, CommandRecord, ControllerRecord, LeaderRecord } from '../cluster.ts'
import { PostgresBus } from './bus.ts'
import type { PostgresDatabase } from './connection.ts'

/** A controller that did not say that it lives for this long counts as gone: fifteen beats. */
const GONE_AFTER = "interval '15 seconds'"
/** Nobody waits longer for the answer to a command (scheduler/cluster/limits.ts), so an older one is not begun. */
const ASKED_FOR = "interval '30 seconds'"
/** Longer than any network holds back a statement: a row that is over still keeps a late INSERT of it out. */
const KEPT_FOR = "interval '10 minutes'"

export function createCluster(p: { db: PostgresDatabase; url: string; clock: Clock }): Cluster {
  const { db } = p
  const bus = new PostgresBus(p)
  return {
    bus,
    beat: async (me) => controllers(await db.query<ControllerRow>(BEAT, [me.holder, me.api_address, me.swarm_address])),
    async gone({ holder }) {
      await db.query('DELETE FROM controllers WHERE holder = $1', [holder])
    },
    async commandPut({ id, asked_by, method, params }) {
      await db.query(PUT, [id, asked_by, method, params])
    },
    commandsClaim: ({ epoch, limit }) => db.query<CommandRecord>(CLAIM, [epoch, limit]),
    commandAnswer: async ({ id, epoch, answer }) =>
      (
        await db.query(
          'UPDATE commands SET answer = $3, answered_at = clock_timestamp() WHERE id = $1 AND epoch = $2 AND answered_at IS NULL RETURNING id',
          [id, epoch, answer],
        )
      ).length === 1,
    commandAnswerOf: async ({ id }) =>
      (await db.query<{ answer: string }>('SELECT answer FROM commands WHERE id = $1 AND answer IS NOT NULL', [id]))[0] ?? null,
    commandWithdraw: async ({ id }) => (await db.query(WITHDRAW, [id])).length === 1,
  }
}

type ControllerRow = ControllerRecord & { epoch: number | null; leads: boolean }

const BEAT = `
  WITH me AS (
    INSERT INTO controllers (holder, api_address, swarm_address, seen_at) VALUES ($1, $2, $3, clock_timestamp())
    ON CONFLICT (holder) DO UPDATE SET api_address = excluded.api_address, swarm_address = excluded.swarm_address, seen_at = excluded.seen_at
  ), old AS (
    DELETE FROM controllers WHERE seen_at < clock_timestamp() - ${KEPT_FOR}
  ), leader AS (
    SELECT holder, epoch FROM scheduler_leader WHERE lease_until > clock_timestamp()
  )
  SELECT c.holder, c.api_address, c.swarm_address, l.epoch, l.holder IS NOT NULL AS leads
    FROM controllers c LEFT JOIN leader l ON l.holder = c.holder
    WHERE c.holder <> $1 AND (c.seen_at > clock_timestamp() - ${GONE_AFTER} OR l.holder IS NOT NULL)
  UNION ALL
  SELECT l.holder, $2, $3, l.epoch, true FROM leader l WHERE l.holder = $1`

function controllers(rows: ControllerRow[]): { leader: LeaderRecord | null; others: ControllerRecord[] } {
  const record = ({ holder, api_address, swarm_address }: ControllerRow): ControllerRecord => ({ holder, api_address, swarm_address })
  const leading = rows.find((row) => row.leads)
  return {
    leader: leading === undefined ? null : { ...record(leading), epoch: leading.epoch ?? 0 },
    others: rows.map(record),
  }
}

const PUT = `
  WITH put AS (
    INSERT INTO commands (id, asked_by, method, params) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO NOTHING RETURNING id
  )
  SELECT pg_notify('vortex_commands', '0=') FROM (SELECT count(*) FROM put) AS waited`

const CLAIM = `
  WITH old AS (
    DELETE FROM commands WHERE created_at < clock_timestamp() - ${KEPT_FOR}
  ), open AS (
    SELECT id FROM commands
    WHERE answered_at IS NULL AND (epoch IS NULL OR epoch < $1) AND created_at > clock_timestamp() - ${ASKED_FOR}
      AND EXISTS (SELECT 1 FROM scheduler_leader WHERE scheduler_leader.epoch = $1)
    ORDER BY ordinal LIMIT $2 FOR UPDATE SKIP LOCKED
  ), claimed AS (
    UPDATE commands SET epoch = $1 FROM open WHERE commands.id = open.id
    RETURNING commands.id, ordinal, asked_by, method, params
  )
  SELECT id, asked_by, method, params FROM claimed ORDER BY ordinal`

/** A leader of an earlier epoch cannot carry it out any more: its commits are refused. Answered without an answer, nobody claims it. */
const WITHDRAW = `
  UPDATE commands SET answered_at = clock_timestamp() WHERE id = $1 AND answer IS NULL
    AND (epoch IS NULL OR epoch < (SELECT epoch FROM scheduler_leader)) RETURNING id`
