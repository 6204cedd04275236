/** Lines at the bottom of a terminal that are drawn over and over. What was drawn last stays when it stops. */

interface Size {
  rows: number
  columns: number
}

/** Redraws are bundled: faster than this no eye follows, and a slow terminal would fall behind. */
const FRAME_MS = 100
/** Durations of running tasks go on without events. */
const TICK_MS = 1_000

export class LiveArea {
  readonly #stream: NodeJS.WriteStream
  readonly #draw: (size: Size) => string[]
  #height = 0
  #frame: NodeJS.Timeout | undefined
  #tick: NodeJS.Timeout | undefined

  constructor(stream: NodeJS.WriteStream, draw: (size: Size) => string[]) {
    this.#stream = stream
    this.#draw = draw
  }

  start(): void {
    this.#stream.write('\u001b[?25l')
    this.#tick = setInterval(() => this.changed(), TICK_MS)
    process.once('exit', this.#showCursor)
  }

  changed(): void {
    this.#frame ??= setTimeout(() => {
      this.#frame = undefined
      this.#paint()
    }, FRAME_MS)
  }

  /** Clears the area, so that the final words take its place. */
  stop(): void {
    clearTimeout(this.#frame)
    clearInterval(this.#tick)
    this.#paint()
    this.#showCursor()
    process.removeListener('exit', this.#showCursor)
  }

  readonly #showCursor = (): void => void this.#stream.write('\u001b[?25h')

  #paint(): void {
    const size = { rows: this.#stream.rows || 24, columns: this.#stream.columns || 80 }
    // A line that wraps would take two rows and spoil the count, so the drawing keeps to the width; the head may not, and is cut.
    const lines = this.#draw(size).slice(0, size.rows - 1)
    const up = this.#height > 0 ? `\u001b[${this.#height}A` : ''
    this.#stream.write(`${up}\r\u001b[J\u001b[?7l${lines.join('\n')}\n\u001b[?7h`)
    this.#height = lines.length
  }
}
