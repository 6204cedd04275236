/** What S3, the library or the way to the server says in its codes, as a sentence that says where and how to mend it. */

interface Told extends Error {
  code?: string
  $metadata?: { httpStatusCode?: number; requestId?: string; attempts?: number }
}

const ANSWERS: Readonly<Record<string, string>> = {
  NoSuchBucket: 'there is no such bucket',
  NoSuchKey: 'there is no such object',
  NotFound: 'there is no such object, or no such bucket',
  InvalidAccessKeyId: 'the access key id (login of the connection) is not known there',
  SignatureDoesNotMatch: 'the secret access key (password of the connection) is not the one of this access key id',
  AccessDenied: 'these credentials may not do that',
  Forbidden: 'these credentials may not do that',
  ExpiredToken: 'the session token has expired',
  InvalidToken: 'the session token is not valid',
  PreconditionFailed: 'the object is there already (replace: false)',
  ConditionalRequestConflict: 'somebody else writes the object at the same time (replace: false)',
  InvalidBucketName: 'this is no name that a bucket can have',
  EntityTooLarge: 'the object is larger than the server takes',
  RequestTimeTooSkewed: "this machine's clock differs too much from the server's",
  CredentialsProviderError:
    'there are no credentials: the connection has no login and password, and the environment of the worker has none',
}

const LINES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'there is no host of this name',
  EAI_AGAIN: 'the name of the host could not be looked up',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  EHOSTUNREACH: 'there is no way to the host',
  ETIMEDOUT: 'it does not answer',
  TimeoutError: 'it does not answer',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed; name a file with it in verify',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate comes from an authority that is not known here; name a file with that in verify',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate comes from an authority that is not known here; name a file with that in verify',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
}

/** An answer of the server, or of the line to it, that a caller asks for by name. */
export class S3Failure extends Error {
  override readonly name = 'Error'
  readonly answer: string

  constructor(message: string, answer: string) {
    super(message)
    this.answer = answer
  }
}

export function inWords(error: unknown, p: { where: string; about: string }): Error {
  if (!(error instanceof Error)) return new Error(`${p.about}: ${String(error)}`)
  const told = (error instanceof AggregateError ? ((error.errors as Error[])[0] ?? error) : error) as Told
  const status = told.$metadata?.httpStatusCode
  const answer = ANSWERS[told.name] === undefined && status === 403 ? 'AccessDenied' : told.name
  if (ANSWERS[answer] !== undefined) {
    return new S3Failure(`${p.about}: ${ANSWERS[answer]} (${told.name}${status === undefined ? '' : `, ${status}`}). ${p.where}.`, answer)
  }
  const line = LINES[told.code ?? ''] ?? LINES[told.name]
  if (line !== undefined)
    return new S3Failure(`${p.where} cannot be reached: ${line} (${told.code ?? told.name}). ${p.about}.`, told.code ?? told.name)
  // Answers of a server that is none of S3 cannot be read: what is told then is the reader's trouble.
  const words = status === undefined ? told.message : `${told.message || told.name} (${told.name}, ${status})`
  return new S3Failure(`${p.about}: ${words}. ${p.where}.`, told.name)
}
