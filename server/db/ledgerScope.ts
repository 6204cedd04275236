/** Which entries of the cause ledger; every field that is given must hold. */
export interface LedgerScope {
  dag_run_id?: number
  task_instance_id?: number
  dag_id?: string
  /** With `dag_run_id`: of this task's instances. */
  task_id?: string
  /** With `dag_run_id`: of no task instance. */
  run_only?: boolean
  to_state?: string
}
