export { TaskLog } from './TaskLog.tsx'
