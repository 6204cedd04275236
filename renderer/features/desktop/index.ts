export { isDesktop } from './bridge.ts'
