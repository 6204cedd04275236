export { AppFrame } from './AppFrame.tsx'
export { CrashPage, NotFoundPage } from './DeadEnds.tsx'
export { RootFrame } from './RootFrame.tsx'
export { Fact, PageHeader } from './PageHeader.tsx'
