/**
 * What the controllers on one database share beside its rows: who lives, who leads, commands for the leader, and messages.
 * docs/decisions/0005 tells why commands travel through the database.
 */

/** A controller as the others see it. */
export interface ControllerRecord {
  /** Its name in the leader's row; new with each process. */
  holder: string
  /** Base URL of its API; null = it is not known yet. */
  api_address: string | null
  /** Where workers reach it; null = it listens for none but its own. */
  swarm_address: string | null
}
export interface LeaderRecord extends ControllerRecord {
  epoch: number
}

/** A command that another controller took. `params` and `answer` are JSON. */
export interface CommandRecord {
  id: string
  asked_by: string
  method: string
  params: string
}

/** Everybody's live events; a word to the leader that a command waits; questions that the leader answers from memory. */
export type BusTopic = 'events' | 'commands' | 'questions'
/** A topic, or one controller by its holder. */
export type BusAddress = { topic: BusTopic } | { holder: string }

/**
 * Messages between controllers: in order per sender and address, at most once, lost while a connection is away. Whoever needs more asks
 * again or looks into the database. A sender hears its own messages on topics too.
 */
export interface Bus {
  /** Resolves when the database has taken them; rejects with StoreUnavailable. Each at most `BUS_MESSAGE_MAX` characters. */
  send(p: { to: BusAddress; messages: readonly string[] }): Promise<void>
  /** Before `start`. `onMessage` must not throw or wait. */
  listen(from: BusAddress, onMessage: (message: string) => void): void
  /** Called each time the connection has been made (again): messages may have been missed before. */
  onConnected(callback: () => void): void
  /** Connects, and again whenever the connection is lost; resolves at once. */
  start(): void
  close(): Promise<void>
}
/** Beyond it an answer belongs on a page of its own; 4 Mi characters are 1,600 notifications. */
export const BUS_MESSAGE_MAX = 4 * 1024 * 1024

export interface Cluster {
  readonly bus: Bus
  /** Says that a controller lives; returns who leads (null = nobody's lease is alive) and the others that live. */
  beat(p: ControllerRecord): Promise<{ leader: LeaderRecord | null; others: ControllerRecord[] }>
  /** The controller ends: nobody need reckon with it. */
  gone(p: { holder: string }): Promise<void>
  /**
   * Puts a command once, however often it is called with the same id, and wakes the leader. Rows stay for ten minutes, also when they
   * are answered or taken back: a call that the network delivers late finds the row there and changes nothing.
   */
  commandPut(p: CommandRecord): Promise<void>
  /**
   * Takes commands that nobody, or a leader of an earlier epoch, has claimed: none of those was carried out. Those that waited for
   * longer than anybody asks for are left; old rows are deleted. Nothing is claimed for an epoch that is over.
   */
  commandsClaim(p: { epoch: number; limit: number }): Promise<CommandRecord[]>
  /** Answers a command that changed nothing (an error, a dry run). False = it is answered, or another leader's. */
  commandAnswer(p: { id: string; epoch: number; answer: string }): Promise<boolean>
  /** The answer; null = there is none yet. */
  commandAnswerOf(p: { id: string }): Promise<{ answer: string } | null>
  /** Takes a command back. True = it was not carried out and never will be. False = the leader has it, or it is answered. */
  commandWithdraw(p: { id: string }): Promise<boolean>
}
