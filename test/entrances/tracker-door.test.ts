/** How many doors there are at a tracker, and what each of them bears. */

import test, { type Test } from 'tape'
import type { AnswerOffer, CarriedSignal } from '../../src/entrances/entrance.js'
import { createTrackerEntrance } from '../../src/entrances/tracker.js'
import { infoHashOf } from '../../src/entrances/tracker-messages.js'
import { takeNodeLine, writeNodeLine } from '../../src/entrances/tracker-node-line.js'
import type { TrackerSocket } from '../../src/entrances/tracker-socket.js'
import { HandClock } from '../helpers/hand-clock.js'
import { eventually } from '../helpers/nodes.js'
import { createEntrance, NETWORK, startTracker } from '../helpers/tracker.js'

const MINUTES = 60_000
const SDP = 'v=0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n'
const ANSWER: CarriedSignal = { type: 'answer', sdp: SDP, id: '02'.repeat(20) }
const HTTP = { host: '127.0.0.1', port: 1 }

/** A tracker in the hands of the test: sockets open when it says so. */
class HandTracker {
  readonly sockets: HandSocket[] = []

  get last(): HandSocket {
    const socket = this.sockets.at(-1)
    if (!socket) throw new Error('no socket')
    return socket
  }

  readonly openTrackerSocket = async (): Promise<TrackerSocket> => {
    const socket = new HandSocket()
    this.sockets.push(socket)
    return socket
  }
}

class HandSocket implements TrackerSocket {
  readonly sent: Record<string, unknown>[] = []
  isClosed = false
  readonly #listeners = new Map<string, (event: never) => void>()

  send(text: string): void {
    this.sent.push(JSON.parse(text))
  }

  close(): void {
    this.isClosed = true
  }

  addEventListener(type: string, listener: (event: never) => void): void {
    this.#listeners.set(type, listener)
  }

  emit(type: string, event: object = {}): void {
    this.#listeners.get(type)?.(event as never)
  }

  receive(message: object): void {
    const data = JSON.stringify({ action: 'announce', info_hash: infoHashOf(NETWORK), ...message })
    this.emit('message', { data })
  }

  offer(number: number): void {
    const sdp = writeNodeLine(SDP, { id: '01'.repeat(20) })
    const offerId = String(number).padStart(20, '0')
    this.receive({ offer: { type: 'offer', sdp }, offer_id: offerId, peer_id: 'x'.repeat(20) })
  }

  /** What the answers that were sent say beside a description. */
  get answers(): string[] {
    return this.sent.flatMap(({ answer }) => {
      if (typeof answer !== 'object' || answer === null || !('sdp' in answer)) return []
      return takeNodeLine(String(answer.sdp))?.line.refused ?? 'answered'
    })
  }
}

/** A door at a tracker of the test's, by the test's clock. @param chance what `Math.random` gives: pauses are half as long with 0 */
function createDoor(t: Test, { answer = async () => ANSWER, isServer = false, chance = 0 } = {}) {
  const clock = new HandClock()
  t.teardown(() => clock.restore())
  const { random } = Math
  t.teardown(() => {
    Math.random = random
  })
  Math.random = () => chance
  const tracker = new HandTracker()
  const { openTrackerSocket } = tracker
  const entrance = createTrackerEntrance({
    url: 'wss://x.example/',
    network: NETWORK,
    platform: { openTrackerSocket }
  })
  const abort = new AbortController()
  const answers: AnswerOffer = answer
  entrance.serve?.(answers, { signal: abort.signal, address: isServer ? HTTP : null, listening: null })
  /** Opens the last socket, and has the tracker say how many doors there are. */
  const open = async (doors: number) => {
    await settle()
    tracker.last.emit('open')
    tracker.last.receive({ interval: 120, complete: doors, incomplete: 0 })
  }
  return { clock, tracker, abort, open }
}

/** Lets promises settle: no time passes. */
async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve()
}

test('of 30 nodes at a tracker, few are announced', async t => {
  const tracker = await startTracker()
  t.teardown(() => tracker.kill())
  const abort = new AbortController()
  t.teardown(() => abort.abort())
  let answered = 0
  const answer: AnswerOffer = async () => {
    answered++
    return ANSWER
  }
  const serve = (address: typeof HTTP | null) =>
    createEntrance(tracker).serve?.(answer, { signal: abort.signal, address, listening: null })
  for (let i = 0; i < 30; i++) serve(null)
  t.ok(await eventually(() => tracker.visits === 30 && tracker.sockets <= 6), `${tracker.sockets} sockets`)
  t.ok(tracker.countOf().doors >= 1, `${tracker.countOf().doors} pages are doors`)
  for (let i = 0; i < 30; i++) serve(HTTP)
  t.ok(await eventually(() => tracker.visits === 60 && tracker.sockets <= 10), `${tracker.sockets} sockets`)
  t.equal(tracker.countOf().doors, tracker.sockets, 'servers have found room beside them')
  const { request } = createEntrance(tracker)
  await request?.({ type: 'offer', sdp: SDP }, { signal: abort.signal })
  t.equal(answered, 1, 'a newcomer is let in')
})

test('a node that finds enough doors leaves at once, and looks again ever later', async t => {
  const { clock, tracker, open, abort } = createDoor(t)
  await open(7)
  t.ok(tracker.last.isClosed, 'seven with itself: it leaves')
  t.equal(tracker.last.sent.at(-1)?.event, 'stopped')
  t.equal(clock.pending, 1)
  for (const minutes of [5, 10, 20, 40, 80, 120, 120]) {
    const count = tracker.sockets.length
    clock.move(minutes * MINUTES - 1)
    t.equal(tracker.sockets.length, count, `not before ${minutes} minutes`)
    clock.move(1)
    t.equal(tracker.sockets.length, count + 1, 'it looks')
    await open(7)
  }
  clock.move(120 * MINUTES)
  await open(6)
  t.notOk(tracker.last.isClosed, 'there is room: it stays')
  abort.abort()
  t.equal(clock.pending, 0)
})

test('a node with a server stays beside more doors than others', async t => {
  const server = createDoor(t, { isServer: true })
  await server.open(10)
  t.notOk(server.tracker.last.isClosed)
  server.abort.abort()
  t.ok(server.tracker.last.isClosed)
  t.equal(server.clock.pending, 0)
})

test('a door that has stayed makes room only where many are too many, and announces at the interval', async t => {
  const { clock, tracker, open, abort } = createDoor(t, { chance: 0.9 })
  await open(1)
  const announces = () => tracker.last.sent.filter(({ event }) => event !== 'stopped').length
  t.equal(announces(), 1)
  clock.move(2 * MINUTES - 1)
  t.equal(announces(), 1)
  clock.move(1)
  t.equal(announces(), 2, 'after two minutes, as the tracker wants')
  tracker.last.receive({ interval: 1, complete: 8, incomplete: 0 })
  t.notOk(tracker.last.isClosed, 'two more than the limit may be looking')
  clock.move(0.5 * MINUTES - 1)
  t.equal(announces(), 2)
  clock.move(1)
  t.equal(announces(), 3, 'not more often than every 30 seconds')
  tracker.last.receive({ interval: 120, complete: 9, incomplete: 0 })
  t.ok(tracker.last.isClosed)
  abort.abort()
  t.equal(clock.pending, 0)
})

test('a tracker that is gone or falls silent is tried again, ever later', async t => {
  const { clock, tracker, open, abort } = createDoor(t)
  await open(1)
  clock.move(2.5 * MINUTES)
  t.ok(tracker.last.isClosed, 'it does not respond')
  for (const seconds of [2.5, 5, 10, 20]) {
    clock.move(seconds * 1000)
    await settle()
    tracker.last.emit('close', { code: 1006, reason: '' })
  }
  t.equal(tracker.sockets.length, 5)
  clock.move(40_000)
  await open(1)
  tracker.last.emit('close', { code: 1006, reason: '' })
  clock.move(2500)
  t.equal(tracker.sockets.length, 7, 'after a success the pause is short again')
  await settle()
  clock.move(8000)
  t.ok(tracker.last.isClosed, 'a socket that does not open is given up')
  abort.abort()
  t.equal(clock.pending, 0)
})

test('a door answers four offers at a time and 60 in a minute, and refuses the others', async t => {
  const waiting: (() => void)[] = []
  const answer = () => new Promise<CarriedSignal>(resolve => waiting.push(() => resolve(ANSWER)))
  const { clock, tracker, open, abort } = createDoor(t, { answer })
  await open(1)
  for (let i = 0; i < 5; i++) tracker.last.offer(i)
  t.equal(waiting.length, 4)
  t.deepEqual(tracker.last.answers, ['busy'])
  const flush = async () => {
    for (const resolve of waiting.splice(0)) resolve()
    await settle()
  }
  await flush()
  t.equal(tracker.last.answers.length, 5)
  for (let i = 5; i < 70; i++) {
    tracker.last.offer(i)
    await flush()
  }
  t.equal(tracker.last.answers.filter(said => said === 'answered').length, 60)
  clock.move(MINUTES)
  tracker.last.offer(70)
  await flush()
  t.equal(tracker.last.answers.at(-1), 'answered')
  abort.abort()
})

test('a door gives a foreign offer no answer, and one that its node refuses a refusal', async t => {
  const answer = () => Promise.reject(new Error('no good'))
  const { tracker, open, abort } = createDoor(t, { answer })
  await open(1)
  tracker.last.receive({
    offer: { type: 'offer', sdp: SDP },
    offer_id: '0'.repeat(20),
    peer_id: 'x'.repeat(20)
  })
  tracker.last.emit('message', { data: 'no JSON' })
  tracker.last.emit('message', { data: new ArrayBuffer(8) })
  await settle()
  t.deepEqual(tracker.last.answers, [])
  tracker.last.offer(1)
  await settle()
  t.deepEqual(tracker.last.answers, ['refused'])
  abort.abort()
})
