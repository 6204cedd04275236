/** A client of S3, or of a server that speaks its protocol, as an Airflow connection of type aws describes it. */
import { readFile } from 'node:fs/promises'
import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3'
import { FailTask, type Connection, type TaskContext } from '../api/index.ts'
import { inWords } from './failures.ts'

type Sdk = typeof import('./sdk.ts')

export interface S3 {
  sdk: Sdk
  /** Sends one command; what fails is said in words. Cancelled with the task unless it cleans up after one. */
  send<Result>(
    command: (client: S3Client, abortSignal: AbortSignal) => Promise<Result>,
    about: string,
    signal?: AbortSignal,
  ): Promise<Result>
  bucket: string | undefined
}

export interface ClientConfig {
  aws_conn_id?: string
  verify?: boolean | string
}

const DEFAULT_CONNECTION = 'aws_default'
/** S3 itself and servers like it take it from whoever names none, as Python's client does. */
const DEFAULT_REGION = 'us-east-1'
const CONNECT_MS = 10_000
const SILENT_MS = 60_000
/** Tries of one request when the server is busy or the line breaks; the task's own retries come after these. */
const ATTEMPTS = 4

/** With a client that is closed afterwards: a sensor makes one for each poke. */
export async function withS3<Result>(config: ClientConfig, context: TaskContext, work: (s3: S3) => Promise<Result>): Promise<Result> {
  const { s3, client } = await openS3(config, context)
  try {
    return await work(s3)
  } finally {
    client.destroy()
  }
}

async function openS3(config: ClientConfig, context: TaskContext): Promise<{ s3: S3; client: S3Client }> {
  const connection = await connectionOf(config, context)
  const extra = connection?.extra ?? {}
  refuseRoles(extra, connection?.conn_id ?? '')
  const place = placeOf(connection)
  const options: S3ClientConfig = {
    ...place.options,
    ...credentialsOf(connection),
    maxAttempts: ATTEMPTS,
    followRegionRedirects: true,
    requestHandler: { connectionTimeout: CONNECT_MS, socketTimeout: SILENT_MS, httpsAgent: await tlsOf(config.verify ?? extra['verify']) },
  }
  const sdk = await import('./sdk.ts')
  const client = new sdk.S3Client(options)
  const where = `${connection === null ? 'S3 (environment)' : `Connection ${connection.conn_id}`}${place.endpoint === undefined ? '' : ` (${place.endpoint})`}`
  const s3: S3 = {
    sdk,
    bucket: place.bucket,
    async send(command, about, signal = context.signal) {
      try {
        signal.throwIfAborted()
        return await command(client, signal)
      } catch (error) {
        if (signal.aborted) throw new Error(`${about} was cancelled with the task.`)
        // What this plugin says itself is in words already.
        throw error instanceof FailTask ? error : inWords(error, { where, about })
      }
    },
  }
  return { s3, client }
}

/** null: no connection of the default's name, so that the environment's credentials count, as in Airflow. */
async function connectionOf(config: ClientConfig, context: TaskContext): Promise<Connection | null> {
  const given = config.aws_conn_id
  if (given === '') return null
  try {
    const connection = await context.connection(given ?? DEFAULT_CONNECTION)
    if (connection.conn_type === null || ['aws', 's3', 'generic', ''].includes(connection.conn_type)) return connection
    throw new FailTask(`Connection ${connection.conn_id} is of type ${connection.conn_type}; S3 needs one of type aws.`)
  } catch (error) {
    if (given !== undefined || !(error instanceof Error) || !error.message.includes("isn't defined")) throw error
    context.log.info(`There is no connection ${DEFAULT_CONNECTION}: credentials and region are those of the environment.`)
    return null
  }
}

function refuseRoles(extra: Connection['extra'], conn_id: string): void {
  const role = ['role_arn', 'assume_role_method', 'assume_role_kwargs'].find((name) => name in extra)
  if (role === undefined) return
  throw new FailTask(
    `Connection ${conn_id}: ${role} in its extra asks for another role, which this operator does not take on. Put the role into a profile of ` +
      `~/.aws/config on the workers and name that in profile_name.`,
  )
}

function placeOf(connection: Connection | null): { options: S3ClientConfig; endpoint: string | undefined; bucket: string | undefined } {
  const extra = connection?.extra ?? {}
  const service = objectOf(objectOf(extra['service_config'])['s3'])
  const endpoint =
    textOf(service['endpoint_url']) ??
    textOf(extra['endpoint_url']) ??
    textOf(process.env.AWS_ENDPOINT_URL_S3 ?? process.env.AWS_ENDPOINT_URL)
  if (endpoint !== undefined && !/^https?:$/.test(URL.parse(endpoint)?.protocol ?? '')) {
    throw new FailTask(`endpoint_url is ${JSON.stringify(endpoint)}; it must be an address such as https://s3.example.com:9000.`)
  }
  const profile = textOf(extra['profile_name'])
  const region =
    textOf(extra['region_name']) ??
    process.env.AWS_REGION ??
    process.env.AWS_DEFAULT_REGION ??
    (profile === undefined ? DEFAULT_REGION : undefined)
  const style = textOf(objectOf(objectOf(extra['config_kwargs'])['s3'])['addressing_style'])
  const isPath = style === 'path' || (style !== 'virtual' && endpoint !== undefined)
  const options: S3ClientConfig = {
    forcePathStyle: isPath,
    ...(profile === undefined ? {} : { profile }),
    ...(region === undefined ? {} : { region }),
    // Checksums beyond what the protocol asks for are newer than many servers that speak it.
    ...(endpoint === undefined
      ? {}
      : { endpoint, requestChecksumCalculation: 'WHEN_REQUIRED', responseChecksumValidation: 'WHEN_REQUIRED' }),
  }
  return { options, endpoint, bucket: textOf(service['bucket_name']) }
}

/** The connection's own, else those that the library finds: environment, profile, the machine's role. */
function credentialsOf(connection: Connection | null): S3ClientConfig {
  const extra = connection?.extra ?? {}
  const accessKeyId = textOf(connection?.login) ?? textOf(extra['aws_access_key_id'])
  const secretAccessKey = textOf(connection?.password) ?? textOf(extra['aws_secret_access_key'])
  const sessionToken = textOf(extra['aws_session_token'])
  if (accessKeyId === undefined && secretAccessKey === undefined) return {}
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    const missing = accessKeyId === undefined ? 'no login (the access key id)' : 'no password (the secret access key)'
    throw new FailTask(
      `Connection ${connection?.conn_id}: it has ${missing}. Give both, or neither to take the credentials of the worker's environment.`,
    )
  }
  return { credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) } }
}

async function tlsOf(verify: unknown): Promise<{ rejectUnauthorized?: boolean; ca?: Buffer }> {
  if (verify === false || verify === 'false') return { rejectUnauthorized: false }
  if (typeof verify !== 'string' || verify === '' || verify === 'true') return {}
  const ca = await readFile(verify).catch((cause: unknown) => {
    throw new Error(`verify names the file ${verify}, which cannot be read on this worker`, { cause })
  })
  return { ca }
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
