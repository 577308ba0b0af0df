/** How the processes of `--workers` become one network: the offer of one goes to another over their main process. */

import type { AnswerOffer, CarriedAnswer, CarriedSignal, Entrance } from '../entrances/entrance.js'
import { messageOf } from './text.js'

/** A message between processes. `from` and `to` are numbers of processes. */
export type WorkerMessage =
  | { dht: 'serving' }
  | { dht: 'offer'; call: number; from?: number; offer: CarriedSignal }
  | { dht: 'letGo'; call: number }
  | { dht: 'answer'; call: number; to?: number; answer?: CarriedAnswer; error?: string }

/** A way to another process: `process` and a cluster's workers are such. */
export interface Channel {
  send?(message: WorkerMessage): unknown
  on(event: 'message', listener: (message: unknown) => void): unknown
  off(event: 'message', listener: (message: unknown) => void): unknown
}

/** @param channel to the main process */
export function createWorkerEntrance(channel: Channel): Entrance {
  let calls = 0
  return {
    name: 'the other workers',
    isLocal: true,
    request: (offer, { signal }) => carry(channel, ++calls, offer, signal),
    serve(answer, { signal }) {
      const listener = (message: unknown) => {
        if (isMessage(message) && message.dht === 'offer') void reply(channel, answer, message)
      }
      channel.on('message', listener)
      signal.addEventListener('abort', () => channel.off('message', listener))
      channel.send?.({ dht: 'serving' })
    }
  }
}

function carry(
  channel: Channel,
  call: number,
  offer: CarriedSignal,
  signal: AbortSignal
): Promise<CarriedAnswer> {
  return new Promise((resolve, reject) => {
    const end = () => {
      channel.off('message', listener)
      signal.removeEventListener('abort', abort)
    }
    const abort = () => {
      end()
      channel.send?.({ dht: 'letGo', call })
      reject(signal.reason)
    }
    const listener = (message: unknown) => {
      if (!isMessage(message) || message.dht !== 'answer' || message.call !== call) return
      end()
      if (message.answer) resolve(message.answer)
      else reject(new Error(message.error))
    }
    channel.on('message', listener)
    signal.addEventListener('abort', abort)
    channel.send?.({ dht: 'offer', call, offer })
  })
}

async function reply(
  channel: Channel,
  answer: AnswerOffer,
  { call, from, offer }: CarriedOffer
): Promise<void> {
  const to = from === undefined ? {} : { to: from }
  try {
    channel.send?.({ dht: 'answer', call, ...to, answer: await answer(offer) })
  } catch (error) {
    channel.send?.({ dht: 'answer', call, ...to, error: messageOf(error) })
  }
}

type CarriedOffer = Extract<WorkerMessage, { dht: 'offer' }>

/** The main process: hands offers to the first process that lets others in, and answers back. */
export class OfferRelay {
  /** By number. */
  readonly #channels = new Map<number, Channel>()
  readonly #serving = new Set<number>()
  /** The last offer of each process that came before any other was there: it waits for one until its process lets go of it. */
  readonly #waiting = new Map<number, CarriedOffer>()

  add(number: number, channel: Channel): void {
    this.#channels.set(number, channel)
    channel.on('message', message => {
      if (isMessage(message)) this.#take(number, message)
    })
  }

  remove(number: number): void {
    this.#channels.delete(number)
    this.#serving.delete(number)
    this.#waiting.delete(number)
  }

  #take(number: number, message: WorkerMessage): void {
    if (message.dht === 'serving') this.#serve(number)
    else if (message.dht === 'offer') this.#relay(number, message)
    else if (message.dht === 'letGo') this.#letGo(number, message.call)
    else if (message.to !== undefined) this.#channels.get(message.to)?.send?.(message)
  }

  #serve(number: number): void {
    this.#serving.add(number)
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const [from, offer] of waiting) this.#relay(from, offer)
  }

  #letGo(number: number, call: number): void {
    if (this.#waiting.get(number)?.call === call) this.#waiting.delete(number)
  }

  #relay(from: number, message: CarriedOffer): void {
    const [first] = [...this.#serving].filter(number => number !== from).sort((a, b) => a - b)
    const target = first === undefined ? undefined : this.#channels.get(first)
    if (target) target.send?.({ ...message, from })
    else this.#waiting.set(from, message)
  }
}

/** The messages of a process of our own need no check but this: other modules may use the channel, too. */
function isMessage(message: unknown): message is WorkerMessage {
  return typeof message === 'object' && message !== null && 'dht' in message
}
