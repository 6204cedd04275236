/** Objects of S3, or of a server that speaks its protocol. Arguments have the names that they have in Airflow's amazon provider. */
import { definePlugin, FailTask, operator, sensor } from '../api/index.ts'
import { addressOf, shown } from './address.ts'
import { withS3 } from './client.ts'
import { getObject } from './get.ts'
import { anyMatches, copyObject, deleteKeys, deletePrefix, isThere, listObjects } from './objects.ts'
import { putObject } from './put.ts'

const CLIENT = {
  aws_conn_id: {
    type: 'string',
    description: "Connection of type aws. Default: aws_default if there is one, else the worker's environment; empty: the environment",
  },
  verify: {
    anyOf: [{ type: 'boolean' }, { type: 'string' }],
    description:
      "Whether the server's certificate must be good, or a file with its authority (PEM). Default: the connection's verify, else yes",
  },
} as const
const bucket = {
  type: 'string',
  minLength: 3,
  description: "The bucket. Default: the one in s3://bucket/key, else the connection's",
} as const
const key = { type: 'string', minLength: 1, description: 'The key, or s3://bucket/key' } as const
const OBJECT = { s3_bucket: bucket, s3_key: key } as const
const OBJECT_NAMES = { bucket: 's3_bucket', key: 's3_key' } as const

export const plugin = definePlugin({
  api: 1,
  name: 's3',
  operators: {
    S3PutObjectOperator: operator({
      description:
        'Puts text, JSON or a local file into an object of S3; a large file in parts. The XCom is bucket, key, size, etag and version_id.',
      config: {
        type: 'object',
        properties: {
          ...OBJECT,
          data: { type: 'string', description: 'Text, as UTF-8' },
          json: { type: ['object', 'array', 'string', 'number', 'boolean'], description: 'A value, as JSON' },
          filename: { type: 'string', minLength: 1, description: 'A file on the worker' },
          content_type: {
            type: 'string',
            description: "Default: text/plain of data, application/json of json, the server's own of a file",
          },
          replace: { type: 'boolean', default: true, description: 'false: an object that is there already fails the task' },
          ...CLIENT,
        },
        required: ['s3_key'],
        additionalProperties: false,
      },
      async execute(config, context) {
        return withS3(config, context, async (s3) => {
          const to = addressOf({ bucket: config.s3_bucket, key: config.s3_key, names: OBJECT_NAMES, fallback: s3.bucket })
          const put = await putObject(s3, to, config)
          context.log.info(`Put ${put.size} bytes into ${shown(to)}`)
          return put
        })
      },
    }),
    S3GetObjectOperator: operator({
      description: 'Gets an object of S3: into a local file, which is there whole or not at all, or without a filename as the XCom.',
      config: {
        type: 'object',
        properties: {
          ...OBJECT,
          filename: { type: 'string', minLength: 1, description: 'The file to write on the worker; its folder is made' },
          read_as: { enum: ['text', 'json', 'base64'], default: 'text', description: 'What the XCom is, without a filename' },
          max_bytes: { type: 'integer', minimum: 1, default: 1024 ** 2, description: 'A larger object fails the task, without a filename' },
          ...CLIENT,
        },
        required: ['s3_key'],
        additionalProperties: false,
      },
      async execute(config, context) {
        return withS3(config, context, async (s3) => {
          const from = addressOf({ bucket: config.s3_bucket, key: config.s3_key, names: OBJECT_NAMES, fallback: s3.bucket })
          const got = await getObject(s3, from, config)
          context.log.info(`Got ${shown(from)}${config.filename === undefined ? '' : ` as ${config.filename}`}`)
          return got
        })
      },
    }),
    S3ListOperator: operator({
      description: 'Lists the keys of a bucket below a prefix.',
      config: {
        type: 'object',
        properties: {
          bucket,
          prefix: { type: 'string', default: '', description: 'What the keys begin with' },
          delimiter: { type: 'string', default: '', description: 'Keys that have it behind the prefix are left out: / lists one folder' },
          apply_wildcard: { type: 'boolean', default: false, description: 'The prefix is a whole pattern with *, ? and [...]' },
          details: { type: 'boolean', default: false, description: 'true: objects with key, size, last_modified and etag' },
          max_keys: { type: 'integer', minimum: 1, default: 10_000, description: 'More of them fail the task' },
          ...CLIENT,
        },
        additionalProperties: false,
      },
      async execute(config, context) {
        return withS3(config, context, async (s3) => {
          const found = await listObjects(s3, bucketOf(config.bucket, s3.bucket), config)
          context.log.info(`Found ${found.length} ${found.length === 1 ? 'object' : 'objects'}`)
          return found
        })
      },
    }),
    S3DeleteOperator: operator({
      description:
        'Deletes objects: those of given keys, or all below a prefix. The XCom is how many. A key that is not there is no error.',
      config: {
        type: 'object',
        properties: {
          bucket,
          keys: { anyOf: [key, { type: 'array', items: key }], description: 'A key or a list of them' },
          prefix: { type: 'string', minLength: 1, description: 'Instead of keys: what the keys begin with' },
          ...CLIENT,
        },
        additionalProperties: false,
      },
      async execute(config, context) {
        if ((config.keys === undefined) === (config.prefix === undefined)) throw new FailTask('Give either keys or prefix.')
        return withS3(config, context, async (s3) => {
          const from = bucketOf(config.bucket, s3.bucket)
          const keys = typeof config.keys === 'string' ? [config.keys] : (config.keys ?? [])
          const count = config.prefix === undefined ? await deleteKeys(s3, from, keys) : await deletePrefix(s3, from, config.prefix)
          context.log.info(`Deleted ${count} ${count === 1 ? 'object' : 'objects'} of s3://${from}`)
          return count
        })
      },
    }),
    S3CopyOperator: operator({
      description: 'Copies an object on the server, of any size. The XCom is bucket, key, size and etag of the copy.',
      config: {
        type: 'object',
        properties: {
          source_bucket_key: key,
          dest_bucket_key: key,
          source_bucket_name: bucket,
          dest_bucket_name: bucket,
          ...CLIENT,
        },
        required: ['source_bucket_key', 'dest_bucket_key'],
        additionalProperties: false,
      },
      async execute(config, context) {
        return withS3(config, context, async (s3) => {
          const end = (side: 'source' | 'dest') =>
            addressOf({
              bucket: config[`${side}_bucket_name`],
              key: config[`${side}_bucket_key`],
              names: { bucket: `${side}_bucket_name`, key: `${side}_bucket_key` },
              fallback: s3.bucket,
            })
          const copied = await copyObject(s3, end('source'), end('dest'))
          context.log.info(`Copied ${copied.size} bytes to ${shown(copied)}`)
          return copied
        })
      },
    }),
  },
  sensors: {
    S3KeySensor: sensor({
      description: 'Waits until an object is there, or several of them.',
      config: {
        type: 'object',
        properties: {
          bucket_key: {
            anyOf: [key, { type: 'array', items: key, minItems: 1 }],
            description: 'Key or s3://bucket/key, or a list of them: all must be there',
          },
          bucket_name: bucket,
          wildcard_match: { type: 'boolean', default: false, description: 'Keys are patterns with *, ? and [...]' },
          ...CLIENT,
        },
        required: ['bucket_key'],
        additionalProperties: false,
      },
      async poke(config, context) {
        return withS3(config, context, async (s3) => {
          for (const one of typeof config.bucket_key === 'string' ? [config.bucket_key] : config.bucket_key) {
            const isWhole = one.startsWith('s3://')
            const names = { bucket: 'bucket_name', key: 'bucket_key' }
            // As in Airflow: beside whole addresses the bucket is the one of the others.
            const address = addressOf({ bucket: isWhole ? undefined : config.bucket_name, key: one, names, fallback: s3.bucket })
            if (!(config.wildcard_match ? await anyMatches(s3, address) : await isThere(s3, address))) {
              context.log.info(`${shown(address)} is not there yet`)
              return false
            }
          }
          return true
        })
      },
    }),
  },
})

function bucketOf(given: string | undefined, fallback: string | undefined): string {
  const found = given ?? fallback
  if (found === undefined)
    throw new FailTask('bucket is missing. Give it, or put it into the extra of the connection (service_config.s3.bucket_name).')
  return found
}
