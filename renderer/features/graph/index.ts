export { DagGraph, type GraphChange } from './DagGraph.tsx'
