/** A JSON value as a tree: objects and lists fold, long lists come by pages, each value can be copied. */
import { useState } from 'react'
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react'
import { strings } from '../../strings.ts'
import { CopyIcon } from '../CopyIcon.tsx'
import { jsonRows, PAGE, shortJson, type Json, type JsonRow } from './jsonRows.ts'
import classes from './JsonTree.module.css'

/** Levels that are unfolded at first. */
const DEPTH_OPEN = 2

export function JsonTree({ value, label }: { value: Json; label: string }) {
  const [folded, setFolded] = useState<ReadonlyMap<string, boolean>>(new Map())
  const [shown, setShown] = useState<ReadonlyMap<string, number>>(new Map())
  const rows = jsonRows(value, {
    isOpen: (path, depth) => folded.get(path) ?? depth < DEPTH_OPEN,
    shown: (path) => shown.get(path) ?? PAGE,
  })
  return (
    <ul className={classes['tree']} aria-label={label}>
      {rows.map((row) => (
        <li key={`${row.path} ${row.more ?? ''}`} className={classes['row']} style={{ paddingLeft: row.depth * 16 }}>
          {row.more === null ? (
            <Member
              row={row}
              onToggle={() => {
                setFolded(new Map([...folded, [row.path, !row.isOpen]]))
              }}
            />
          ) : (
            <button
              type="button"
              className={classes['more']}
              onClick={() => {
                setShown(new Map([...shown, [row.path, (shown.get(row.path) ?? PAGE) + PAGE * 5]]))
              }}
            >
              {strings.json.more(row.more)}
            </button>
          )}
        </li>
      ))}
    </ul>
  )
}

function Member({ row, onToggle }: { row: JsonRow; onToggle: () => void }) {
  const { name, value, size, isOpen } = row
  const Chevron = isOpen ? IconChevronDown : IconChevronRight
  const kind = value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value
  const words = (
    <>
      {name === null ? null : <span className={classes['name']}>{name}</span>}
      <span className={classes['value']} data-kind={kind}>
        {shortJson(value, 2000)}
      </span>
    </>
  )
  return (
    <>
      {size !== null && size > 0 ? (
        <button type="button" className={classes['fold']} aria-expanded={isOpen} onClick={onToggle}>
          <Chevron size={14} aria-hidden />
          {words}
        </button>
      ) : (
        <span className={classes['leaf']}>{words}</span>
      )}
      <CopyIcon
        text={() => (typeof value === 'string' ? value : JSON.stringify(value, null, 2))}
        label={strings.json.copy(name)}
        size={13}
      />
    </>
  )
}
