/** What a layout is made of and what comes of it. */
import type { Direction } from './direction.ts'

export interface Box {
  x: number
  y: number
  width: number
  height: number
}
export interface Point {
  x: number
  y: number
}
export interface LayoutInput {
  nodes: readonly { id: string; width: number; height: number; frame: string | null }[]
  frames: readonly { id: string; frame: string | null }[]
  edges: readonly { id: string; source: string; target: string; label?: string | null }[]
  direction: Direction
}
export interface LayoutOutput {
  /** Top left corners. */
  nodes: Record<string, Box>
  frames: Record<string, Box>
  /** Bends of an edge between its ends. */
  bends: Record<string, Point[]>
  /** Middle of the label of an edge that has one. */
  labels: Record<string, Point>
}
