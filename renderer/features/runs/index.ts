export { RunList } from './RunList.tsx'
export { useRunActions } from './useRunActions.ts'
