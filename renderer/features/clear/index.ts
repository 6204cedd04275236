export { ClearDialog } from './ClearDialog.tsx'
