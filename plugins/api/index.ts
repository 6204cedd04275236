/**
 * The API of VORTEX plugins: `import { definePlugin, operator, sensor, notifier } from 'vortex/plugin'`.
 *
 * A plugin registers operators, sensors and notifiers, each with a JSON Schema of its config. They run on the worker, in a process of
 * their own for each attempt; what they print is the task's log. This file is all that a plugin gets of VORTEX, and needs nothing else.
 * The guide is docs/plugins.md.
 */
import type { ConfigOf, JsonSchema } from './config.ts'

export type { ConfigOf, JsonSchema } from './config.ts'

/** The version of this API. A plugin says which one it was written for; another one is refused with a message that names both. */
export const API_VERSION = 1

/** What every kind of registration has. */
interface Registration<Schema extends JsonSchema> {
  /** One sentence: it is the class's docstring in Python, and what editors show. */
  description: string
  /**
   * JSON Schema (2020-12) of the config, of type object with properties; a type of the package `typebox` is one, too. A property is an
   * argument of the Python class and a key of the YAML task. `default` is filled in before the config gets here. Names that every
   * operator has already (task_id, retries, params, pool, queue, email, ...) are refused, for sensors timeout and mode as well.
   */
  config: Schema
  /** Properties whose texts are Jinja templates, at any depth. Default: all. */
  templateFields?: readonly (keyof ConfigOf<Schema> & string)[]
  /** A text that ends so is the path of a template file beside the DAG file, such as `.sql`. Default: none. */
  templateExtensions?: readonly string[]
}

export interface Operator<Schema extends JsonSchema = JsonSchema> extends Registration<Schema> {
  /** The work. What it returns is the task's XCom (JSON); undefined and null leave none. What it throws fails the try. */
  execute(config: ConfigOf<Schema>, context: TaskContext): unknown
}

export interface Sensor<Schema extends JsonSchema = JsonSchema> extends Registration<Schema> {
  /** Whether what it waits for is there. It is asked again after `poke_interval`; the `value` of a done one is the task's XCom. */
  poke(config: ConfigOf<Schema>, context: TaskContext): PokeResult | Promise<PokeResult>
}

export type PokeResult = boolean | { done: boolean; value?: unknown }

export interface Notifier<Schema extends JsonSchema = JsonSchema> extends Registration<Schema> {
  /** Sends the message, for `on_failure_callback` and its like. What it throws is in the log and changes no state. */
  notify(config: ConfigOf<Schema>, context: NotifierContext): unknown
}

/** One attempt of a task, as its operator sees it. Dates are ISO 8601 texts. */
export interface TaskContext {
  readonly dag_id: string
  readonly run_id: string
  readonly task_id: string
  /** -1 unless the task is mapped. */
  readonly map_index: number
  /** Counts from 1; a retry is the next one. */
  readonly attempt: number
  readonly logical_date: string | null
  readonly data_interval_start: string | null
  readonly data_interval_end: string | null
  readonly params: Readonly<Record<string, unknown>>
  readonly log: Log
  /** Aborted when the task is killed, cancelled, or out of time; some seconds later the process is ended. */
  readonly signal: AbortSignal
  /** A connection of this id. Rejects if there is none. Its secrets are masked in the log before they get here. */
  connection(conn_id: string): Promise<Connection>
  /** A Variable's text; null if there is none of this key. */
  variable(key: string): Promise<string | null>
  readonly xcom: XCom
  /** From the end of this call on the texts in the value show as *** in the log, and nowhere else either. */
  mask(value: unknown): Promise<void>
}

export interface NotifierContext extends TaskContext {
  /** State of the task, or of the run where the callback is the DAG's: `failed`, `success`, `up_for_retry`, ... */
  readonly state: string
  /** What the task failed with, or why the run ended; empty where there is no such thing. */
  readonly reason: string
}

export interface Log {
  debug(message: string): void
  info(message: string): void
  warning(message: string): void
  error(message: string): void
}

export interface Connection {
  readonly conn_id: string
  readonly conn_type: string | null
  readonly host: string | null
  readonly port: number | null
  readonly login: string | null
  readonly password: string | null
  /** Airflow's name for a database, or for http/https. */
  readonly schema: string | null
  /** The extra, read as JSON; empty if there is none. */
  readonly extra: Readonly<Record<string, unknown>>
}

export interface XCom {
  /** An XCom of this run; of another run or DAG where these are named. null if there is none. */
  pull(of: XComAddress): Promise<unknown>
  /** Leaves a value (JSON) under a key at once, whether or not the task succeeds. */
  push(key: string, value: unknown): Promise<void>
}

export interface XComAddress {
  /** A list gives a list in its order. */
  task_ids: string | readonly string[]
  /** Default: return_value, what the task returned. */
  key?: string
  map_indexes?: number | readonly number[]
  dag_id?: string
  run_id?: string
}

/** Thrown by a task that has nothing to do: it is skipped, and no retry follows. */
export class SkipTask extends Error {
  override readonly name = 'SkipTask'
}

/** Thrown by a task that another try cannot help: it fails without a retry. */
export class FailTask extends Error {
  override readonly name = 'FailTask'
}

export interface Plugin {
  /** API_VERSION of the API that the plugin was written for. */
  api: number
  /** Letters, digits, `_` and `-`; shown in lists and messages. */
  name: string
  /** By class name: `HttpOperator`, imported so in Python and written so, or as `http`, in YAML. */
  operators?: Readonly<Record<string, Operator>>
  /** By class name: `HttpSensor`. */
  sensors?: Readonly<Record<string, Sensor>>
  /** By class name: `SlackNotifier`. */
  notifiers?: Readonly<Record<string, Notifier>>
}

/** What a plugin's module exports as `plugin`, or as its default. */
export function definePlugin(plugin: Plugin): Plugin {
  return plugin
}

/** An operator whose config has the type that its schema says. */
export function operator<const Schema extends JsonSchema>(definition: Operator<Schema>): Operator {
  return definition as unknown as Operator
}

/** A sensor whose config has the type that its schema says. */
export function sensor<const Schema extends JsonSchema>(definition: Sensor<Schema>): Sensor {
  return definition as unknown as Sensor
}

/** A notifier whose config has the type that its schema says. */
export function notifier<const Schema extends JsonSchema>(definition: Notifier<Schema>): Notifier {
  return definition as unknown as Notifier
}
