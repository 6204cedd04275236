/** Where requests of a page are sent, and with which key. */
export interface Upstream {
  url: string
  key: string
}
/** There is no server to ask; the message says why, for people. */
export class NoUpstream extends Error {
  override readonly name = 'NoUpstream'
}
