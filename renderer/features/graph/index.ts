export { DagGraph } from './DagGraph.tsx'
