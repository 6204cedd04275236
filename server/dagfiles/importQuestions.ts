/** What an import may ask the server for while its file is parsed, and what tells whether the answers have changed. */
import type { AdminStore, ReadStore } from '#db/store.ts'
import { scheduleQuestions } from './scheduleQuestions.ts'

/** Null = there is none of this name. */
export interface ImportQuestions {
  variable(key: string): Promise<string | null>
  /** With what is secret in it. */
  connection(conn_id: string): Promise<object | null>
  /** By method (scheduleQuestions.ts). */
  schedule: ReturnType<typeof scheduleQuestions>
}

export function importQuestions(p: {
  store: Pick<AdminStore, 'variableGet' | 'connectionGet'> & Pick<ReadStore, 'dagGet'>
  connection: ImportQuestions['connection']
}): { questions: ImportQuestions; connectionStamp: (conn_id: string) => Promise<string | null> } {
  const { store, connection } = p
  return {
    questions: {
      variable: async (key) => (await store.variableGet({ key }))?.value ?? null,
      connection,
      schedule: scheduleQuestions({ store }),
    },
    // As it is stored: sealing it again changes it.
    async connectionStamp(conn_id) {
      const record = await store.connectionGet({ conn_id })
      return record === null ? null : JSON.stringify(record)
    },
  }
}
