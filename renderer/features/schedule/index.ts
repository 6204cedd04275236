export { askUnpause } from './askUnpause.tsx'
export { SchedulePanel } from './SchedulePanel.tsx'
export { UnpauseConsequences } from './UnpauseConsequences.tsx'
