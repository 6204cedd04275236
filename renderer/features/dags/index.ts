export { useSetPaused } from './useSetPaused.ts'
