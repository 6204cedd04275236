/** Schedules in words. */

export const scheduleStrings = {
  schedule: {
    none: 'Only when triggered',
    once: 'Once',
    continuous: 'Continuously',
    hourly: 'Every hour',
    daily: 'Every day at 00:00',
    weekly: 'Every Sunday at 00:00',
    monthly: 'On the 1st of each month at 00:00',
    quarterly: 'Every three months on the 1st at 00:00',
    yearly: 'On 1 January at 00:00',
    every: (what: string) => `Every ${what}`,
    nextNone: 'No next run',
    pausedNext: 'Paused',
    due: 'due now',
  },
}
