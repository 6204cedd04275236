/**
 * Sends frames over one stream: at once when the stream is idle, and with everything that has gathered meanwhile when it is
 * busy. One frame is under way at a time; the next one is built when the stream has taken it, so that back-pressure of the
 * network reaches the owner's queues and memory does not grow here.
 */
interface FrameStream<F> {
  write(frame: F, done: (error?: Error | null) => void): boolean
}

export class FrameWriter<F> {
  readonly #stream: FrameStream<F>
  readonly #nextFrame: () => F | null
  #isBusy = false
  #isScheduled = false
  #isClosed = false

  /** `nextFrame` takes what is to be sent from the owner's queues; null = nothing. */
  constructor(stream: FrameStream<F>, nextFrame: () => F | null) {
    this.#stream = stream
    this.#nextFrame = nextFrame
  }

  /** There is something to send. Cheap; call it for every item. */
  wake(): void {
    if (this.#isBusy || this.#isScheduled || this.#isClosed) return
    this.#isScheduled = true
    // After the callbacks of this turn of the event loop, so that what they produce travels together.
    setImmediate(() => {
      this.#isScheduled = false
      this.#send()
    })
  }

  close(): void {
    this.#isClosed = true
  }

  #send(): void {
    if (this.#isClosed || this.#isBusy) return
    const frame = this.#nextFrame()
    if (frame === null) return
    this.#isBusy = true
    this.#stream.write(frame, (error) => {
      this.#isBusy = false
      // A failed write is followed by the stream's own error or end, which the owner handles.
      if (error === undefined || error === null) this.wake()
      else this.#isClosed = true
    })
  }
}
