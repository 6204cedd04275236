export { RunList } from './RunList.tsx'
export { RunDetails } from './RunDetails.tsx'
export { RunMenu } from './RunMenu.tsx'
export { TaskCounts } from './TaskCounts.tsx'
