/** What a handler is: the operation's input and the caller's context in, the operation's output out. */
import type { Input, OperationId, Output, Routes } from '#contract/routes.ts'
import type { Principal } from './auth/accounts.ts'
import type { Loaded } from './policy.ts'

export interface Context<Id extends OperationId> {
  /** Always there where the table asks for a role. */
  principal: Routes[Id]['role'] extends null ? Principal | null : Principal
  /** The object that the path names, loaded and allowed. Handlers act on it, never on ids of the body. */
  object: Loaded<Id>
  address: string
  /** Sets (or with null clears) the session cookie of the answer. */
  setSession: (token: string | null) => void
}

export type Handler<Id extends OperationId> = (input: Input<Id>, context: Context<Id>) => Promise<Output<Id>>
/** One handler per operation: a forgotten or misspelt one does not compile. */
export type Handlers = { [Id in OperationId]: Handler<Id> }

/** Paging with the table's defaults, for the compiler's sake: validation has filled them in. */
export function pageOf(
  query: { limit?: number; offset?: number; cursor?: string },
  limit = 50,
): { limit: number; offset: number; cursor?: string } {
  return { limit: query.limit ?? limit, offset: query.offset ?? 0, ...(query.cursor === undefined ? {} : { cursor: query.cursor }) }
}
/** The envelope of a list. */
export function pageWith<T, R>(
  page: { data: T[]; total: number; next_cursor: string | null },
  request: { limit: number; offset: number },
  present: (item: T) => R,
) {
  return { data: page.data.map(present), total: page.total, limit: request.limit, offset: request.offset, next_cursor: page.next_cursor }
}
