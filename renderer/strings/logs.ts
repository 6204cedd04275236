/** Texts of the log of an attempt. */
import { plural } from './plural.ts'

export const logsStrings = {
  log: {
    search: 'Search the log',
    wrap: 'Wrap lines',
    noTimestamps: 'These lines carry no times',
    timestamps: 'Show timestamps',
    sinceStart: (duration: string) => `${duration} after the start of the attempt`,
    written: (instant: string) => `The line says ${instant}`,
    came: (instant: string) => `It came at ${instant}`,
    follow: 'Follow',
    following: 'Following',
    toEnd: 'Jump to the end',
    toStart: 'Jump to the start',
    toError: 'Go to the error',
    expand: 'Expand all groups',
    collapse: 'Collapse all groups',
    fullScreen: 'Full screen',
    leaveFullScreen: 'Leave full screen',
    download: 'Download what is shown',
    level: 'Level',
    levels: { debug: 'All levels', info: 'Info and above', warning: 'Warnings and errors', error: 'Errors only' },
    group: 'Group',
    groupError: 'has an error',
    lineLink: (line: number) => `Link to line ${line}`,
    empty: 'The log is empty',
    waiting: 'Waiting for the first line …',
    loading: 'Reading the log …',
    indexing: (share: number) => `Counting lines … ${Math.floor(share * 100)} %`,
    searching: (share: number) => `Searching … ${Math.floor(share * 100)} %`,
    noneOfLevel: 'No line has this level.',
    lines: (count: number) => plural(count, 'line'),
    linesShown: (shown: number, count: number) => `${shown.toLocaleString('en')} of ${plural(count, 'line')}`,
    picked: (from: number, to: number) => (from === to ? `line ${from}` : `lines ${from} to ${to}`),
    large: 'Above 8 MiB only the lines in sight are read: all have one height, so none is wrapped or folded',
    truncated: 'The task wrote more than the log keeps; what was beyond the limit was dropped.',
    found: (at: number, count: number, hasMore: boolean) =>
      count === 0
        ? hasMore
          ? ''
          : 'No match'
        : `${at === 0 ? '' : `${at.toLocaleString('en')} of `}${count.toLocaleString('en')}${hasMore ? '+' : ''}`,
    previous: 'Previous match',
    next: 'Next match',
    ended: 'Ended',
    waits: 'The task waits; what it does then is in its next log',
    region: 'Log of the task',
  },
}
