export { KeyListener } from './KeyListener.tsx'
export { openPalette, paletteRequest } from './paletteRequest.ts'
export { useCommands } from './useCommands.ts'
export type { Command } from './registry.ts'
