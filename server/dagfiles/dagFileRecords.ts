import type { DagFileRecord } from '#db/records.ts'

/** The newest record of each DAG file. Counts those with an import error, which is asked after each of ten thousand parses. */
export class DagFileRecords extends Map<string, DagFileRecord> {
  #errors = 0

  get errors(): number {
    return this.#errors
  }

  override set(file: string, record: DagFileRecord): this {
    this.delete(file)
    if (record.error !== null) this.#errors += 1
    return super.set(file, record)
  }

  override delete(file: string): boolean {
    if (this.get(file)?.error != null) this.#errors -= 1
    return super.delete(file)
  }

  override clear(): void {
    this.#errors = 0
    super.clear()
  }
}
