/** What is wrong with the text: the first line of each, the traceback on demand, a click goes to its place. */
import { UnstyledButton } from '@mantine/core'
import { IconAlertTriangle, IconChevronRight, IconCircleCheck, IconCircleX, IconLoader2 } from '@tabler/icons-react'
import { useState } from 'react'
import { strings } from '../../strings.ts'
import type { Problem } from './problems.ts'
import classes from './ProblemList.module.css'

interface ProblemListProps {
  problems: readonly Problem[]
  /** The text has not been read yet: nothing is known of it. */
  isUnread: boolean
  onGoTo: (at: number) => void
}

export function ProblemList({ problems, isUnread, onGoTo }: ProblemListProps) {
  return (
    <section className={classes['frame']} aria-label={strings.editor.problems}>
      <div className={classes['head']} role="status">
        {problems.length === 0 ? (
          isUnread ? (
            <IconLoader2 size={15} aria-hidden />
          ) : (
            <IconCircleCheck size={15} aria-hidden />
          )
        ) : (
          <IconCircleX size={15} aria-hidden className={classes['bad']} />
        )}
        {problems.length === 0
          ? isUnread
            ? strings.editor.checking
            : strings.editor.noProblems
          : strings.editor.problemCount(problems.length)}
        <span className={classes['hint']}>{strings.editor.hint}</span>
      </div>
      {problems.length === 0 ? null : (
        <ul className={classes['list']} tabIndex={0}>
          {problems.map((problem, at) => (
            <Row key={`${at} ${problem.message}`} problem={problem} onGoTo={onGoTo} />
          ))}
        </ul>
      )}
    </section>
  )
}

function Row({ problem, onGoTo }: { problem: Problem; onGoTo: (at: number) => void }) {
  const [isOpen, setOpen] = useState(false)
  const { from, line, detail } = problem
  const Shape = problem.severity === 'error' ? IconCircleX : IconAlertTriangle
  return (
    <li>
      <div className={classes['row']}>
        <Shape size={15} className={problem.severity === 'error' ? classes['bad'] : classes['odd']} aria-hidden />
        <UnstyledButton
          className={classes['message']}
          disabled={from === null}
          onClick={() => {
            if (from !== null) onGoTo(from)
          }}
        >
          {problem.message}
          {line === null ? null : <span className={classes['line']}> {strings.editor.line(line)}</span>}
        </UnstyledButton>
        {detail === null ? null : (
          <UnstyledButton
            className={classes['more']}
            aria-expanded={isOpen}
            onClick={() => {
              setOpen(!isOpen)
            }}
          >
            <IconChevronRight size={14} style={{ transform: isOpen ? 'rotate(90deg)' : undefined }} aria-hidden />{' '}
            {strings.editor.traceback}
          </UnstyledButton>
        )}
      </div>
      {detail !== null && isOpen ? <pre className={classes['detail']}>{detail}</pre> : null}
    </li>
  )
}
