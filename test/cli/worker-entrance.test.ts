/** Offers among the workers of one machine, over channels of the test's own. */

import { EventEmitter } from 'node:events'
import test from 'tape'
import {
  type Channel,
  createWorkerEntrance,
  OfferRelay,
  type WorkerMessage
} from '../../src/cli/worker-entrance.js'
import type { AnswerOffer, CarriedSignal } from '../../src/entrances/entrance.js'

const OFFER: CarriedSignal = { type: 'offer', sdp: 'v=0\r\n', id: '01' }
const answerAs =
  (id: string): AnswerOffer =>
  async ({ sdp }) => ({ type: 'answer', sdp, id })

/** The two ends of a channel; messages take a turn of the event loop. */
function createChannel(): [Channel, Channel] {
  const ends = [new EventEmitter(), new EventEmitter()] as const
  const send = (to: EventEmitter) => (message: WorkerMessage) =>
    void setImmediate(() => to.emit('message', message))
  return [Object.assign(ends[0], { send: send(ends[1]) }), Object.assign(ends[1], { send: send(ends[0]) })]
}

/** Entrances of as many workers as there are, from 0, and their main process. */
function createWorkers(count: number) {
  const relay = new OfferRelay()
  const channels = Array.from({ length: count }, (_, number) => {
    const [ofMain, ofWorker] = createChannel()
    relay.add(number, ofMain)
    return ofWorker
  })
  return { relay, channels, entrances: channels.map(createWorkerEntrance) }
}

/** What was sent has arrived then. */
const settle = () => new Promise(resolve => setImmediate(() => setImmediate(resolve)))
const { signal } = new AbortController()

test('an offer goes to the first other worker that lets others in', async t => {
  const { relay, entrances } = createWorkers(3)
  for (const [i, entrance] of entrances.entries())
    entrance.serve?.(answerAs(String(i)), { signal, address: null, listening: null })
  await settle()
  const ask = async (number: number) => (await entrances[number]?.request?.(OFFER, { signal }))?.id
  t.deepEqual([await ask(0), await ask(1), await ask(2)], ['1', '0', '0'])
  relay.remove(0)
  t.equal(await ask(2), '1', 'one that is gone is not asked')
})

test('an offer waits until another worker is there', async t => {
  const { entrances } = createWorkers(2)
  const asked = entrances[0]?.request?.(OFFER, { signal })
  await settle()
  entrances[0]?.serve?.(answerAs('0'), { signal, address: null, listening: null })
  await settle()
  entrances[1]?.serve?.(answerAs('1'), { signal, address: null, listening: null })
  t.equal((await asked)?.id, '1', 'its own worker does not answer it')

  const { entrances: others, relay: relayOfOthers, channels: ends } = createWorkers(2)
  const offers: unknown[] = []
  ends[1]?.on('message', message => offers.push(message))
  const request = new AbortController()
  const refused = others[0]?.request?.(OFFER, { signal: request.signal }).catch(() => 'let go of')
  await settle()
  request.abort()
  t.equal(await refused, 'let go of')
  void others[0]?.request?.(OFFER, { signal })
  await settle()
  relayOfOthers.remove(0)
  others[1]?.serve?.(answerAs('1'), { signal, address: null, listening: null })
  await settle()
  t.deepEqual(
    offers,
    [],
    'neither an offer that was let go of nor that of a worker that is gone is passed on'
  )
})

test('where the other refuses, the offer fails', async t => {
  const { entrances } = createWorkers(2)
  const refuse: AnswerOffer = () => Promise.reject(new Error('no room'))
  entrances[0]?.serve?.(refuse, { signal, address: null, listening: null })
  await settle()
  t.equal(await entrances[1]?.request?.(OFFER, { signal }).catch((error: Error) => error.message), 'no room')
})

test('an offer that is let go of leaves no listener, and so does a worker that serves no more', async t => {
  const { channels, entrances } = createWorkers(2)
  const [first, second] = channels as [EventEmitter & Channel, EventEmitter & Channel]
  const serving = new AbortController()
  const never: AnswerOffer = () => new Promise(() => {})
  entrances[0]?.serve?.(never, { signal: serving.signal, address: null, listening: null })
  await settle()
  const asking = new AbortController()
  const asked = entrances[1]?.request?.(OFFER, { signal: asking.signal })
  asking.abort(new Error('connected'))
  t.equal(await asked?.catch((error: Error) => error.message), 'connected')
  serving.abort()
  t.deepEqual([first.listenerCount('message'), second.listenerCount('message')], [0, 0])
})
