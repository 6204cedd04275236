/** Everything long-lived starts and stops the same way. Stopping twice, or without a start, is fine. */
export interface Service {
  start(): Promise<void>
  /** Ends within the service's own bound; resolves when nothing of it runs any more. */
  stop(): Promise<void>
}
