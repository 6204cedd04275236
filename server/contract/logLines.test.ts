import { describe, expect, it } from 'vitest'
import { groupMark, levelAfter, plainText, statedLevel, timestampLength, timestampOf } from './logLines.ts'

describe('log lines', () => {
  it('have a timestamp only at their start', () => {
    expect(timestampLength('2026-11-23T09:00:00.123Z hello')).toBe(25)
    expect(timestampLength('[2026-11-23, 09:00:00 UTC] hello')).toBe(0)
    expect(timestampLength('[2026-11-23 09:00:00,123] hello')).toBe(26)
    expect(timestampLength('hello 2026-11-23T09:00:00Z')).toBe(0)
  })
  it('have an instant where they have a timestamp', () => {
    expect(timestampOf('[2026-11-23 09:00:00,123] x')).toBe(Date.UTC(2026, 10, 23, 9, 0, 0, 123))
    expect(timestampOf('2026-11-23T09:00:00+0100 x')).toBe(Date.UTC(2026, 10, 23, 8))
    expect(timestampOf('no')).toBeNull()
  })
  it.each([
    ['[2026-11-23] ERROR - boom', 'error'],
    ['WARNING: careful', 'warning'],
    ['[2026-11-23 09:00:00,123] INFO airflow.task - hi', 'info'],
    ['DEBUG x', 'debug'],
    ['ValueError: bad', 'error'],
    ['Traceback (most recent call last):', 'error'],
    ['{"event": "x", "level": "warning"}', 'warning'],
    ['no errors here', null],
    [`${'x'.repeat(130)} ERROR`, null],
  ])('%s has the level %s', (line, level) => {
    expect(statedLevel(line)).toBe(level)
  })
  it('belong to the line above them when they are indented', () => {
    expect(levelAfter('  File "x.py", line 3', 'error')).toBe('error')
    expect(levelAfter('next', 'error')).toBe('info')
  })
  it('leave out what no page draws', () => {
    expect(plainText('\u001b[31mred\u001b[0m')).toBe('red')
    expect(plainText('10%\r100%')).toBe('100%')
  })
})

describe('group marks', () => {
  it.each([
    ['::group::Set up', { kind: 'start', name: 'Set up' }],
    ['::endgroup::', { kind: 'end' }],
    ['[2026-11-23 09:00:00,123] INFO airflow.task - ::group::Pre task', { kind: 'start', name: 'Pre task' }],
    ['2026-11-23T09:00:00.123Z ::endgroup::', { kind: 'end' }],
    ['##[group]Azure', { kind: 'start', name: 'Azure' }],
    ['std::group::thing', null],
    ['text about ::group:: marks', null],
    ['plain', null],
  ])('%s', (line, mark) => {
    expect(groupMark(line)).toEqual(mark)
  })
})
