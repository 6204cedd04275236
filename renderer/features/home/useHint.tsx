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
      onPointerOver: (event) => {
        const owner = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-hint]') : null
        const text = owner?.dataset['hint']
        if (!owner || text === undefined) {
          setHint(null)
          return
        }
        const box = owner.getBoundingClientRect()
        // Kept within the window; the hint is centred on its place.
        const x = Math.min(Math.max(event.clientX, 150), window.innerWidth - 150)
        setHint({ text, x, y: box.bottom + 6 })
      },
      onPointerLeave: () => {
        setHint(null)
      },
    },
  }
}
