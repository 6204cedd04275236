/** Names of states and kinds of runs. */

export const statesStrings = {
  states: {
    none: 'no status',
    scheduled: 'scheduled',
    queued: 'queued',
    running: 'running',
    success: 'success',
    failed: 'failed',
    skipped: 'skipped',
    upstream_failed: 'upstream failed',
    up_for_retry: 'up for retry',
    up_for_reschedule: 'up for reschedule',
    deferred: 'deferred',
    restarting: 'restarting',
    removed: 'removed',
    rescheduled: 'rescheduled',
    lost: 'lost',
    killed: 'killed',
    paused: 'paused',
    cancelled: 'cancelled',
    active: 'active',
    draining: 'draining',
    offline: 'offline',
  },
  runTypes: { scheduled: 'Scheduled', manual: 'Manual', backfill: 'Backfill', asset_triggered: 'Asset' },
}
