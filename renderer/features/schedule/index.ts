export { askUnpause } from './askUnpause.tsx'
export { UnpauseConsequences } from './UnpauseConsequences.tsx'
