/** The whole graph as an image in the theme of the moment: SVG for documents, PNG for messages. */
import { isAcross } from './direction.ts'
import { cut, EDGE_MARK, middleOf, type Look, type Palette } from './paint.ts'
import { paintOnce } from './painter.ts'
import type { Scene } from './scene.ts'

export interface Pictured {
  scene: Scene
  look: Look
  palette: Palette
}

/** Browsers draw no larger canvas: longest side and area. */
const PNG_SIDE = 16_000
const PNG_PIXELS = 120_000_000
/** Sharp on a dense screen. */
const PNG_SCALE = 2

export async function pngOf({ scene, look, palette }: Pictured): Promise<Blob> {
  const { width, height } = scene.bounds
  const scale = Math.min(PNG_SCALE, PNG_SIDE / Math.max(width, height), Math.sqrt(PNG_PIXELS / (width * height)))
  const bitmap = await paintOnce({ scene, look, palette, wish: { area: scene.bounds, scale } })
  const canvas = document.createElement('canvas')
  canvas.width = bitmap.width
  canvas.height = bitmap.height
  canvas.getContext('bitmaprenderer')?.transferFromImageBitmap(bitmap)
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => {
      if (blob === null) reject(new Error('The browser could not write so large an image. Export SVG instead.'))
      else resolve(blob)
    }, 'image/png')
  })
}

export function svgOf({ scene, look, palette }: Pictured): string {
  const { x, y, width, height } = scene.bounds
  const font = escape(palette.font)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${round(x)} ${round(y)} ${round(width)} ${round(height)}" width="${round(width)}" height="${round(height)}" font-family="${font}">`,
    `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" fill="${palette.page}"/>`,
    ...frames(scene, palette),
    ...edges(scene, look, palette),
    ...nodes(scene, look, palette),
    '</svg>',
  ].join('\n')
}

function frames(scene: Scene, palette: Palette): string[] {
  return scene.frameLabels.map((label, i) => {
    const [x = 0, y = 0, width = 0, height = 0] = scene.frames.subarray(i * 4, i * 4 + 4)
    const box = `x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}"`
    return `<rect ${box} rx="12" fill="none" stroke="${palette.lineStrong}" stroke-dasharray="5 4"/><text x="${round(x + 12)}" y="${round(y + 20)}" font-size="12" font-weight="600" fill="${palette.dim}">${escape(label)}</text>`
  })
}

function edges(scene: Scene, look: Look, palette: Palette): string[] {
  const found: string[] = []
  const colors: Record<number, string> = { [EDGE_MARK.upstream]: palette.upstream, [EDGE_MARK.downstream]: palette.downstream }
  for (let e = 0; e < scene.ends.length / 2; e += 1) {
    const color = colors[look.edgeMarks[e] ?? 0] ?? palette.edge
    found.push(`<path d="${pathOf(scene, e)}" fill="none" stroke="${color}" stroke-width="1.4"/>`)
    const label = scene.edgeLabels[e] ?? null
    if (label === null) continue
    const middle = middleOf(scene, e)
    found.push(
      `<text x="${round(middle.x)}" y="${round(middle.y + 4)}" font-size="11" text-anchor="middle" fill="${palette.dim}" stroke="${palette.page}" stroke-width="4" paint-order="stroke">${escape(label)}</text>`,
    )
  }
  return found
}

function pathOf({ points, starts, direction }: Scene, e: number): string {
  const [first, end] = [starts[e] ?? 0, starts[e + 1] ?? 0]
  let [x, y] = [points[first] ?? 0, points[first + 1] ?? 0]
  let path = `M${round(x)} ${round(y)}`
  for (let i = first + 2; i < end; i += 2) {
    const [nextX, nextY] = [points[i] ?? 0, points[i + 1] ?? 0]
    const [midX, midY] = [round((x + nextX) / 2), round((y + nextY) / 2)]
    path += isAcross(direction)
      ? `C${midX} ${round(y)} ${midX} ${round(nextY)} ${round(nextX)} ${round(nextY)}`
      : `C${round(x)} ${midY} ${round(nextX)} ${midY} ${round(nextX)} ${round(nextY)}`
    x = nextX
    y = nextY
  }
  return path
}

function nodes(scene: Scene, look: Look, palette: Palette): string[] {
  return scene.labels.map((label, n) => {
    const [x = 0, y = 0, width = 0, height = 0] = scene.boxes.subarray(n * 4, n * 4 + 4)
    const state = palette.states[(look.states[n] ?? 0) - 1]
    const fill = state?.fill ?? palette.lineStrong
    const detail = scene.isGroup[n] === 1 ? [scene.details[n], state?.word].filter(Boolean).join(' · ') : (state?.word ?? scene.details[n])
    return [
      `<g><title>${escape(label)}</title>`,
      `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" rx="8" fill="${palette.raised}" stroke="${fill}"/>`,
      `<rect x="${round(x)}" y="${round(y + 4)}" width="5" height="${round(height - 8)}" fill="${fill}"/>`,
      `<text x="${round(x + 14)}" y="${round(y + 21)}" font-size="13" font-weight="600" fill="${palette.text}">${escape(cut(label, width - 24, 13))}</text>`,
      `<text x="${round(x + 14)}" y="${round(y + 38)}" font-size="11.5" fill="${palette.dim}">${escape(cut(detail ?? '', width - 24, 11.5))}</text></g>`,
    ].join('')
  })
}

const round = (value: number): number => Math.round(value * 10) / 10
const SIGNS: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escape = (text: string): string => text.replace(/[&<>"]/g, (sign) => SIGNS[sign] ?? sign)

/** Gives a file to the reader. */
export function download(blob: Blob, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  // The browser has taken it by then.
  setTimeout(() => {
    URL.revokeObjectURL(link.href)
  }, 10_000)
}
