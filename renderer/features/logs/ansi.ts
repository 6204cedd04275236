/**
 * Terminal colours of one log line (SGR sequences) as spans; every other control sequence is dropped. Pure. A line starts plain:
 * colours do not run over line ends, so that any line can be drawn without the ones before it.
 */
import { CONTROL, ESCAPE, lastWritten } from '#contract/logLines.ts'

export interface AnsiSpan {
  text: string
  /** Index 0-15 of the palette, or a CSS colour for the 256 and 24-bit forms. */
  color: number | string | null
  background: number | string | null
  isBold: boolean
  isDim: boolean
  isItalic: boolean
  isUnderlined: boolean
}
type Style = Omit<AnsiSpan, 'text'>

const PLAIN: Style = { color: null, background: null, isBold: false, isDim: false, isItalic: false, isUnderlined: false }

export function parseAnsi(line: string): AnsiSpan[] {
  const source = lastWritten(line)
  const spans: AnsiSpan[] = []
  let style = PLAIN
  let from = 0
  const push = (text: string) => {
    const clean = text.replace(CONTROL, '')
    if (clean !== '') spans.push({ text: clean, ...style })
  }
  for (const match of source.matchAll(ESCAPE)) {
    push(source.slice(from, match.index))
    from = match.index + match[0].length
    if (match[2] === 'm') style = applyCodes(style, match[1] ?? '')
  }
  push(source.slice(from))
  return spans
}

function applyCodes(before: Style, parameters: string): Style {
  const codes = parameters.split(/[;:]/).map((code) => (code === '' ? 0 : Number(code)))
  let style = { ...before }
  for (let at = 0; at < codes.length; at += 1) {
    const code = codes[at] ?? 0
    if (code === 0) style = { ...PLAIN }
    else if (code === 1) style.isBold = true
    else if (code === 2) style.isDim = true
    else if (code === 3) style.isItalic = true
    else if (code === 4) style.isUnderlined = true
    else if (code === 22) style = { ...style, isBold: false, isDim: false }
    else if (code === 23) style.isItalic = false
    else if (code === 24) style.isUnderlined = false
    else if (code >= 30 && code <= 37) style.color = code - 30
    else if (code >= 90 && code <= 97) style.color = code - 82
    else if (code >= 40 && code <= 47) style.background = code - 40
    else if (code >= 100 && code <= 107) style.background = code - 92
    else if (code === 39) style.color = null
    else if (code === 49) style.background = null
    else if (code === 38 || code === 48) {
      const { color, used } = extendedColor(codes.slice(at + 1))
      if (code === 38) style.color = color
      else style.background = color
      at += used
    }
  }
  return style
}

/** `5;n` (256 colours) or `2;r;g;b`. */
function extendedColor(codes: readonly number[]): { color: number | string | null; used: number } {
  const byte = (value: number | undefined) => Math.max(0, Math.min(255, Math.trunc(value ?? 0) || 0))
  if (codes[0] === 2) return { color: `rgb(${byte(codes[1])}, ${byte(codes[2])}, ${byte(codes[3])})`, used: 4 }
  if (codes[0] !== 5) return { color: null, used: 0 }
  const index = byte(codes[1])
  if (index < 16) return { color: index, used: 2 }
  if (index >= 232) {
    const gray = 8 + (index - 232) * 10
    return { color: `rgb(${gray}, ${gray}, ${gray})`, used: 2 }
  }
  const level = (value: number) => (value === 0 ? 0 : 55 + value * 40)
  const cube = index - 16
  return { color: `rgb(${level(Math.floor(cube / 36))}, ${level(Math.floor(cube / 6) % 6)}, ${level(cube % 6)})`, used: 2 }
}
