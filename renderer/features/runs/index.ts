export { RunList } from './RunList.tsx'
