export { call, isDesktop } from './bridge.ts'
