/** An async iterable of what comes at its own pace: it keeps what was not taken yet. */

import { type Abortable, onAbort, reasonOf } from '../abort-signals.js'

/** Where the items come from. */
export interface Source<Item> {
  /**
   * Called when the first item is wanted.
   *
   * @returns a function that stops the source; called once
   */
  start(queue: Pick<Queue<Item>, 'push' | 'end'>): () => void
  /** Aborting drops what was not taken, and throws the signal's reason. */
  signal?: Abortable | undefined
  /** How many items are kept; the oldest are dropped. Default: all. */
  max?: number
}

const DONE = { done: true, value: undefined } as const

export class Queue<Item> implements AsyncIterableIterator<Item, undefined> {
  readonly #source: Source<Item>
  #state: 'new' | 'open' | 'over' = 'new'
  #items: Item[] = []
  /** Thrown once, after the last item. */
  #failure: { error: unknown } | undefined
  #stop = () => {}
  /** Calls of `next` that wait. */
  #waiting: (() => void)[] = []

  constructor(source: Source<Item>) {
    this.#source = source
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<Item, undefined>> {
    if (this.#state === 'new') this.#open()
    for (;;) {
      const [item] = this.#items.splice(0, 1).map(value => ({ done: false, value }) as const)
      if (item) return item
      const failure = this.#failure
      this.#failure = undefined
      if (failure) throw failure.error
      if (this.#state === 'over') return DONE
      await new Promise<void>(resolve => this.#waiting.push(resolve))
    }
  }

  /** Stops the source: `break` in a loop calls this. */
  async return(): Promise<IteratorResult<Item, undefined>> {
    this.#drop()
    return DONE
  }

  push(item: Item): void {
    if (this.#state === 'over') return
    this.#items.push(item)
    if (this.#items.length > (this.#source.max ?? Number.POSITIVE_INFINITY)) this.#items.shift()
    this.#wake()
  }

  /** Nothing more comes. What was not taken stays to be taken. */
  end(failure?: { error: unknown }): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    this.#failure = failure
    this.#stop()
    this.#wake()
  }

  #open(): void {
    this.#state = 'open'
    const { signal, start } = this.#source
    const abort = (given: Abortable) => this.#drop({ error: reasonOf(given) })
    if (signal?.aborted) return abort(signal)
    const stopWaiting = signal && onAbort(signal, () => abort(signal))
    const stop = start(this)
    this.#stop = () => {
      stopWaiting?.()
      stop()
    }
    if (this.#state !== 'open') this.#stop() // it ended while it started
  }

  #drop(failure?: { error: unknown }): void {
    this.#items = []
    this.#failure = undefined
    this.end(failure)
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }
}
