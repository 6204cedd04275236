export { Note } from './Note.tsx'
export { TaskList } from './TaskList.tsx'
export { TaskPanelFrame } from './TaskPanelFrame.tsx'
