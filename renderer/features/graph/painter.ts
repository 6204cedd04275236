/** The page's end of the painting thread: one picture of each layer is asked for at a time, and only the newest wish is remembered. */
import type { Area } from './inView.ts'
import type { Look, Palette } from './paint.ts'
import type { FromPainter, Layer, ToPainter } from './paint.worker.ts'
import PaintWorker from './paint.worker.ts?worker'
import type { Scene } from './scene.ts'

export interface Wish {
  area: Area
  scale: number
}

export class Painter {
  readonly #worker = new PaintWorker()
  readonly #asked = new Map<Layer, Wish>()
  readonly #wanted = new Map<Layer, Wish>()
  #id = 0

  constructor(onPainted: (painted: FromPainter) => void) {
    this.#worker.onmessage = ({ data }: MessageEvent<FromPainter>) => {
      this.#asked.delete(data.layer)
      onPainted(data)
      const next = this.#wanted.get(data.layer)
      this.#wanted.delete(data.layer)
      if (next !== undefined) this.paint(data.layer, next)
    }
  }

  setScene(scene: Scene): void {
    this.#say({ kind: 'scene', scene })
    // What was asked before was for another shape and may never be answered.
    this.#asked.clear()
    this.#wanted.clear()
  }

  setPalette(palette: Palette): void {
    this.#say({ kind: 'palette', palette })
  }

  setLook(look: Look, hasNewEdges: boolean): void {
    this.#say({ kind: 'look', look, hasNewEdges })
  }

  /** What a layer shows, or will show when the picture under way is done. */
  coming(layer: Layer): Wish | undefined {
    return this.#wanted.get(layer) ?? this.#asked.get(layer)
  }

  paint(layer: Layer, wish: Wish): void {
    if (this.#asked.has(layer)) {
      this.#wanted.set(layer, wish)
      return
    }
    this.#asked.set(layer, wish)
    this.#id += 1
    this.#say({ kind: 'paint', layer, id: this.#id, ...wish, background: layer === 'export' })
  }

  close(): void {
    this.#worker.terminate()
  }

  #say(word: ToPainter): void {
    this.#worker.postMessage(word)
  }
}

/** One picture, from a thread of its own: for the export. */
export function paintOnce(p: { scene: Scene; look: Look; palette: Palette; wish: Wish }): Promise<ImageBitmap> {
  return new Promise((resolve) => {
    const painter = new Painter(({ bitmap }) => {
      painter.close()
      resolve(bitmap)
    })
    painter.setScene(p.scene)
    painter.setPalette(p.palette)
    painter.setLook(p.look, true)
    painter.paint('export', p.wish)
  })
}
