/** Every error code of the API: HTTP status and what it means. Clients branch on the code, never on the text. */
export const ERRORS = {
  invalid_request: { status: 400, meaning: 'A field is missing, unknown or of the wrong form; details name it.' },
  unauthorized: { status: 401, meaning: 'No valid session or API key was sent.' },
  forbidden: { status: 403, meaning: 'The caller is known but its role does not allow this.' },
  not_found: { status: 404, meaning: 'The object does not exist, or the caller may not know that it does.' },
  conflict: { status: 409, meaning: 'The object exists already, or changed since it was read.' },
  invalid_state: { status: 409, meaning: 'The object is in a state that does not allow this.' },
  invalid_params: { status: 422, meaning: 'The conf does not fit the JSON Schema of the DAG params.' },
  too_large: { status: 413, meaning: 'The body is larger than the limit.' },
  rate_limited: { status: 429, meaning: 'Too many attempts; Retry-After tells when to try again.' },
  vault_unavailable: { status: 503, meaning: 'No key-encryption key is configured, so secrets cannot be used.' },
  not_leader: { status: 503, meaning: 'No controller leads at the moment, or that changed under way.' },
  database_unavailable: { status: 503, meaning: 'The database does not answer; nothing was changed.' },
  internal: { status: 500, meaning: 'An unexpected failure; the log holds it under the request id.' },
} as const
export type ErrorCode = keyof typeof ERRORS

/** An error that reaches the caller as it is: code, a sentence that says what, where and how to mend it, details. */
export class VortexError extends Error {
  readonly code: ErrorCode
  readonly details: unknown
  constructor(code: ErrorCode, message: string, details: unknown = null, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'VortexError'
    this.code = code
    this.details = details
  }
}
