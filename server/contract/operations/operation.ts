/** What an entry of the operation table is, and the inputs that many entries have alike. */
import { Type, type TSchema } from 'typebox'
import { RunId } from '../dagRun.ts'
import { Key, Strict } from '../schema.ts'
import type { Role } from '../states.ts'

export interface Operation {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  path: string
  /** The weakest role that may call it; null = no sign-in needed. */
  role: Role | null
  summary: string
  tag: string
  params?: TSchema
  query?: TSchema
  body?: TSchema
  ok: TSchema
}

export const Message = Strict({ message: Type.String() })
export const DagParams = Strict({ dag_id: Key })
export const RunParams = Strict({ dag_id: Key, run_id: RunId })
export const TaskParams = Strict({ dag_id: Key, run_id: RunId, task_id: Key })
export const mapIndex = { map_index: Type.Optional(Type.Integer({ minimum: -1, default: -1 })) }
