/** Source code with line numbers and colours; only the lines in view are in the page. */
import { useVirtualizer } from '@tanstack/react-virtual'
import yaml from 'highlight.js/lib/languages/yaml'
import python from 'highlight.js/lib/languages/python'
import { createLowlight } from 'lowlight'
import { useMemo, useRef } from 'react'
import classes from './CodeView.module.css'

const lowlight = createLowlight({ python, yaml })
const LINE_HEIGHT = 20
/** Above this size colours would cost more than a second; the text is shown plain. */
const HIGHLIGHT_MAX = 500_000

interface Token {
  text: string
  className: string
}

export function CodeView({ code, language, label }: { code: string; language: 'python' | 'yaml'; label: string }) {
  const lines = useMemo(() => tokenLines(code, language), [code, language])
  const scroller = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE_HEIGHT,
    overscan: 30,
  })
  const gutter = `${String(lines.length).length + 1}ch`
  return (
    <div ref={scroller} className={classes['scroller']} tabIndex={0} role="region" aria-label={label}>
      <div style={{ height: virtual.getTotalSize(), position: 'relative', minWidth: 'max-content' }}>
        {virtual.getVirtualItems().map((item) => (
          <div key={item.key} className={classes['line']} style={{ transform: `translateY(${item.start}px)` }}>
            <span className={classes['number']} style={{ width: gutter }} aria-hidden>
              {item.index + 1}
            </span>
            <span>
              {lines[item.index]?.map((token, at) => (
                <span key={at} className={token.className}>
                  {token.text}
                </span>
              ))}
            </span>
          </div>
        ))}
      </div>
    </div>
  )
}

type HastNode = ReturnType<typeof lowlight.highlight>['children'][number]

/** The highlighter's tree, flattened and cut at line ends. */
function tokenLines(code: string, language: string): Token[][] {
  if (code.length > HIGHLIGHT_MAX) return code.split('\n').map((text) => [{ text, className: '' }])
  const lines: Token[][] = [[]]
  const walk = (node: HastNode, className: string) => {
    if (node.type === 'text') {
      node.value.split('\n').forEach((text, at) => {
        if (at > 0) lines.push([])
        if (text !== '') lines.at(-1)?.push({ text, className })
      })
    } else if (node.type === 'element') {
      const own = node.properties['className']
      for (const child of node.children) walk(child, Array.isArray(own) ? own.join(' ') : className)
    }
  }
  for (const node of lowlight.highlight(language, code).children) walk(node, '')
  return lines
}
