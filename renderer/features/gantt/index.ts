export { RunGantt } from './RunGantt.tsx'
