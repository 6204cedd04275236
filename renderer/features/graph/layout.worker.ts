/** Runs layoutGraph beside the page, so that a large graph never stalls it. */
import { layoutGraph, type LayoutInput } from './layout.ts'

export interface LayoutRequest {
  id: number
  input: LayoutInput
}

self.onmessage = (message: MessageEvent<LayoutRequest>) => {
  const { id, input } = message.data
  try {
    self.postMessage({ id, output: layoutGraph(input) })
  } catch (error) {
    self.postMessage({ id, error: error instanceof Error ? error.message : String(error) })
  }
}
