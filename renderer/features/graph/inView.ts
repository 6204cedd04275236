/** Whether a window shows all of a graph. Pure. */
export interface Area {
  x: number
  y: number
  width: number
  height: number
}
/** Where the graph's origin stands in the window, the zoom, and the window's size. */
export interface View extends Area {
  zoom: number
}

/** Rounding of the zoom must not count as out of sight. */
const SLACK_PX = 2

export function boxOf(nodes: readonly { position: { x: number; y: number }; width?: number; height?: number }[]): Area {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity]
  for (const { position, width = 0, height = 0 } of nodes) {
    left = Math.min(left, position.x)
    top = Math.min(top, position.y)
    right = Math.max(right, position.x + width)
    bottom = Math.max(bottom, position.y + height)
  }
  return nodes.length === 0 ? { x: 0, y: 0, width: 0, height: 0 } : { x: left, y: top, width: right - left, height: bottom - top }
}

export function isInView(box: Area, view: View): boolean {
  const left = view.x + box.x * view.zoom
  const top = view.y + box.y * view.zoom
  return (
    left >= -SLACK_PX &&
    top >= -SLACK_PX &&
    left + box.width * view.zoom <= view.width + SLACK_PX &&
    top + box.height * view.zoom <= view.height + SLACK_PX
  )
}
