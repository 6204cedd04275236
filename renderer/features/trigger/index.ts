export { TriggerDialog } from './TriggerDialog.tsx'
