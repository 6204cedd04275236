export { KeyListener } from './KeyListener.tsx'
export { openPalette, paletteRequest } from './paletteRequest.ts'
export { useCommands } from './useCommands.ts'
