/**
 * Classes of seeds (seed modulo their number) and the faults that each of them has. A class with few kinds of faults finds what a
 * mixture hides; the last one mixes everything.
 */
import { COMMANDS } from './people.ts'

/** How often each fault befalls one simulation, at most. */
export interface FaultCounts {
  controllerKill: number
  /** The leader dies when it has committed that an attempt shall be killed, and before the worker hears of it. */
  killAtCancel: number
  /** The leader's process stands still and comes back believing that it leads. */
  controllerFreeze: number
  /** Nothing passes between one controller and the database, and nobody is told. */
  databaseCut: number
  /** The database answers nobody. */
  outage: number
  /** The next commits of one controller take seconds. */
  slowCommit: number
  /** To read the database takes seconds, for a while; a controller that leads then dies, so that another one has to. */
  slowLoad: number
  /** What is decided about the runs of a DAG cannot be stored, several times. */
  dataError: number
  /** The wall clock of one controller's host jumps; the monotonic one goes on. */
  clockJump: number
  workerKill: number
  /** The worker's event loop hangs, mostly beyond its lease; its processes and their guard go on. */
  workerHang: number
  /** Nothing passes between a worker and all controllers. */
  workerCut: number
  /** Nothing passes between a worker and one controller. */
  partialCut: number
  /** The worker connects anew while messages of its old stream may still be on their way. */
  reconnect: number
  /** TERM to the worker. */
  workerDrain: number
  /** A person drains a worker through the API. */
  drainCommand: number
}

export interface SeedClass {
  name: string
  controllers: number
  faults: Partial<FaultCounts>
  /** Commits that are done and reported as failed, and calls that fail: the largest share of each. */
  databaseTrouble: number
  /** How many commands, and of which kinds. */
  commands: { most: number; kinds: readonly string[] }
}

const EVERY_COMMAND = Object.keys(COMMANDS)
const SOME = ['trigger', 'trigger', 'trigger', 'clear', 'clearTask', 'cancel', 'restart', 'markTask', 'pause', 'unpause']
const TRIGGERS = { most: 10, kinds: ['trigger'] }

export const CLASSES: readonly SeedClass[] = [
  { name: 'calm', controllers: 1, faults: {}, databaseTrouble: 0, commands: TRIGGERS },
  {
    name: 'crashes',
    controllers: 1,
    faults: { controllerKill: 4, killAtCancel: 2, outage: 1, slowCommit: 3, slowLoad: 2, workerKill: 3, workerCut: 2 },
    databaseTrouble: 0.1,
    commands: { most: 16, kinds: SOME },
  },
  {
    name: 'two leaders',
    controllers: 2,
    faults: { controllerKill: 2, controllerFreeze: 3, databaseCut: 3, slowCommit: 3, slowLoad: 2 },
    databaseTrouble: 0.02,
    commands: { most: 12, kinds: SOME },
  },
  {
    name: 'partitions',
    controllers: 2,
    faults: { controllerKill: 2, databaseCut: 2, partialCut: 5, workerCut: 2, reconnect: 4 },
    databaseTrouble: 0.02,
    commands: { most: 10, kinds: SOME },
  },
  {
    name: 'workers',
    controllers: 1,
    faults: { controllerKill: 1, workerKill: 3, workerHang: 4, workerCut: 2, reconnect: 5, workerDrain: 3, drainCommand: 3 },
    databaseTrouble: 0.02,
    commands: { most: 12, kinds: SOME },
  },
  {
    name: 'people',
    controllers: 1,
    faults: { controllerKill: 1, killAtCancel: 2, slowCommit: 1, dataError: 2, reconnect: 2 },
    databaseTrouble: 0.05,
    commands: { most: 30, kinds: EVERY_COMMAND },
  },
  {
    name: 'clocks',
    controllers: 2,
    faults: { controllerKill: 2, clockJump: 5, workerKill: 1 },
    databaseTrouble: 0.02,
    commands: { most: 12, kinds: EVERY_COMMAND },
  },
  {
    name: 'everything',
    controllers: 2,
    faults: {
      controllerKill: 3,
      killAtCancel: 1,
      controllerFreeze: 2,
      databaseCut: 2,
      outage: 1,
      slowCommit: 2,
      slowLoad: 1,
      dataError: 1,
      clockJump: 2,
      workerKill: 2,
      workerHang: 2,
      workerCut: 1,
      partialCut: 2,
      reconnect: 3,
      workerDrain: 1,
      drainCommand: 1,
    },
    databaseTrouble: 0.1,
    commands: { most: 24, kinds: EVERY_COMMAND },
  },
]

export function classOf(seed: number): SeedClass {
  return CLASSES[seed % CLASSES.length] as SeedClass
}
