export { RunBars } from './RunBars.tsx'
export { useSetPaused } from './useSetPaused.ts'
