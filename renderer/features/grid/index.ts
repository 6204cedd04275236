export { DagGrid } from './DagGrid.tsx'
export { RunPanel } from './RunPanel.tsx'
