/** One hint for many small things: whatever the pointer is over says its `data-hint`. A component for each of a thousand bars would cost a second. */
import { useState, type ReactNode } from 'react'
import classes from './Timeline.module.css'

interface Hint {
  text: string
  x: number
  y: number
}

export function useHint(): { shown: ReactNode; handlers: React.HTMLAttributes<HTMLDivElement> } {
  const [hint, setHint] = useState<Hint | null>(null)
  return {
    shown: hint ? (
      <div className={classes['hint']} style={{ left: hint.x, top: hint.y }} aria-hidden>
        {hint.text}
      </div>
    ) : null,
    handlers: {
      onPointerOver: ({ target, clientX }) => {
        setHint(hintOf(target, clientX))
      },
      // Who goes there by key reads the same.
      onFocus: ({ target }) => {
        setHint(hintOf(target, null))
      },
      onBlur: () => {
        setHint(null)
      },
      onPointerLeave: () => {
        setHint(null)
      },
    },
  }
}

/** `x` null: in the middle of what has the hint. */
function hintOf(target: EventTarget, x: number | null): Hint | null {
  const owner = target instanceof Element ? target.closest<HTMLElement>('[data-hint]') : null
  const text = owner?.dataset['hint']
  if (!owner || text === undefined) return null
  const box = owner.getBoundingClientRect()
  // Kept within the window; the hint is centred on its place.
  return { text, x: Math.min(Math.max(x ?? (box.left + box.right) / 2, 150), window.innerWidth - 150), y: box.bottom + 6 }
}
