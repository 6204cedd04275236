/**
 * What a program that starts the server as its child (the desktop app) and that server say to each other, over the channel that Node
 * opens between a process and its child: it is in no argument list, no environment and no address, and it ends with either side.
 */
import { Type, type Static } from 'typebox'
import { Strict } from './schema.ts'

/** Set to `1` in the child's environment: the server waits for `launch` before it starts. */
export const SUPERVISED_ENV = 'VORTEX_SUPERVISED'

export const ToSupervised = Type.Union([
  /** `token` opens the API as the first admin for as long as this server lives. */
  Strict({ type: Type.Literal('launch'), token: Type.String({ minLength: 32, maxLength: 200 }) }),
  /** `leave_worker`: running tasks go on under the local worker, which the next server finds. */
  Strict({ type: Type.Literal('stop'), leave_worker: Type.Boolean() }),
])
export type ToSupervised = Static<typeof ToSupervised>

export const FromSupervised = Type.Union([
  Strict({ type: Type.Literal('ready'), url: Type.String(), warnings: Type.Array(Type.String()) }),
  /** The start failed for a reason that a person can mend. */
  Strict({ type: Type.Literal('failed'), message: Type.String() }),
])
export type FromSupervised = Static<typeof FromSupervised>

/** Written into the data folder by a running server, so that programs of the same user find it. */
export const ADDRESS_FILE = 'address.json'
export const ServerAddress = Strict({ url: Type.String({ maxLength: 500 }), pid: Type.Integer() })
export type ServerAddress = Static<typeof ServerAddress>
