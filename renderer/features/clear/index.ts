export { ClearDialog } from './ClearDialog.tsx'
export { MarkDialog, type Mark } from './MarkDialog.tsx'
