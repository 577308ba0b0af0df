/** The decisions of conformance/decisions.json, but for those about frames. */

import test, { type Test } from 'tape'
import { isTheirChoice, replaces } from '../../src/connections/duplicates.js'
import { canMeet } from '../../src/connections/meeting.js'
import type { PeerConnection } from '../../src/connections/peer-connection.js'
import { RateLimits } from '../../src/connections/rate-limits.js'
import { Id } from '../../src/id.js'
import { DEFAULT_LIMITS } from '../../src/limits.js'
import { resolveOptions } from '../../src/options.js'
import { nodePlatform } from '../../src/platform-node.js'
import { Recursion } from '../../src/routes/recursion.js'
import { RelayCosts } from '../../src/routes/relay-costs.js'
import { WayBack } from '../../src/routes/way-back.js'
import { Answering } from '../../src/signal-exchange/answering.js'
import { splitIds } from '../../src/wire/compact.js'
import { placesIn } from '../../src/wire/places.js'
import { idOf, lettersOf, Neighbours } from '../helpers/fake-neighbours.js'
import { HandClock } from '../helpers/hand-clock.js'
import { createRouteNode } from '../helpers/route-node.js'
import { decisions } from './vectors.js'

const MILLISECONDS = 1000
/** How long a node waits for its own attempt, in milliseconds. */
const CROSSING_TIMEOUT = 700

for (const { name, a, b, first, second, secondsBetween, stays, closedBy } of decisions.duplicates) {
  test(`vector, duplicates: ${name}`, t => {
    const openedAt = performance.now()
    const clock = handClock(t)
    clock.move(secondsBetween * MILLISECONDS)
    for (const [own, other] of [
      [a, b],
      [b, a]
    ] as const) {
      const side = own === a ? 'a' : 'b'
      const seen = (by: string) =>
        ({ isInitiator: by === side, openedAt, id: Id.fromHex(other) }) as unknown as PeerConnection
      t.equal(replaces(seen(second), seen(first), Id.fromHex(own)), stays === 'second', `at ${side}`)
      const isOther = isTheirChoice(seen(second), seen(first))
      t.equal(isOther, closedBy !== 'both' && closedBy !== side, `${side} leaves it to the other end`)
    }
    t.end()
  })
}

for (const { name, to, from, isAsking, does } of decisions.crossingOffers) {
  test(`vector, crossing offers: ${name}`, async t => {
    const clock = handClock(t)
    let isAnswered = false
    const connector = {
      udp: { mayTry: () => true },
      proofs: { check: async () => false },
      table: { id: Id.fromHex(to), get: () => undefined, bans: { isBanned: () => false }, all: [] },
      answer: async () => {
        isAnswered = true
        return {}
      }
    }
    const asking = { attemptFor: () => (isAsking ? new Promise(() => {}) : undefined) }
    const answering = new Answering(
      resolveOptions({ nodeId: to, platform: nodePlatform }),
      connector as never,
      {} as never,
      asking as never
    )
    const offer = { id: Id.fromHex(from), type: 'offer' as const, sdp: 'v=0\r\n', extensions: [] }
    const answer = answering.answer(offer, '', 'public')
    await new Promise(resolve => setImmediate(resolve))
    t.equal(isAnswered ? 'answers' : 'waits', does)
    clock.move(CROSSING_TIMEOUT)
    await answer
    t.ok(isAnswered, 'in the end it answers')
  })
}

for (const { name, own, target, path, neighbours: known, lost, next } of decisions.nextHops) {
  test(`vector, next hop: ${name}`, t => {
    const neighbours = new Neighbours(own)
    t.teardown(() => neighbours.close())
    for (const { id, roundTripTime } of known) {
      neighbours.add(id).roundTripTime = (roundTripTime ?? Number.POSITIVE_INFINITY) * MILLISECONDS
    }
    const bringer = path.at(-1) as string
    if (!known.some(({ id }) => id === bringer)) neighbours.add(bringer)
    const costs = new RelayCosts(neighbours.table)
    for (const { relay, count } of lost) for (let i = 0; i < count; i++) costs.suspect([idOf(relay)])
    const recursion = new Recursion(
      resolveOptions({ nodeId: own, platform: nodePlatform }),
      neighbours.table,
      costs
    )
    const whole = [...path, own].map(idOf)
    const neighbour = neighbours.get(bringer)
    const asker = path.length === 1 ? neighbour : new WayBack(neighbour, whole, Buffer.from('aa'), () => {})
    const passedOn = recursion.passOn(asker, Buffer.from('aa'), 'find_node', Id.fromHex(target), {
      recursive: 1
    })
    t.deepEqual(passedOn ? splitIds(passedOn.next, 20).map(({ hex }) => hex) : [], next)
    t.end()
  })
}

for (const { name, neighbours, leads, lost, to, path } of decisions.paths) {
  test(`vector, path: ${name}`, t => {
    const node = createRouteNode(t)
    for (const [letter, seconds] of Object.entries(neighbours)) {
      node.neighbours.add(letter).roundTripTime = seconds * MILLISECONDS
    }
    for (const { relay, target } of leads) node.neighbours.leads(relay, target)
    for (const [letter, count] of Object.entries(lost)) {
      for (let i = 0; i < count; i++) node.routes.costs.suspect([idOf(letter)])
    }
    const relays = node.routes.relaysTo(idOf(to))
    t.equal(relays ? lettersOf([...relays, idOf(to)]) : null, path?.join('') ?? null)
    t.end()
  })
}

for (const { name, limit, steps } of decisions.limits) {
  test(`vector, limit: ${name}`, t => {
    handClock(t)
    const begin = performance.now()
    const limits = new RateLimits(DEFAULT_LIMITS)
    for (const { at, asked, allowed } of steps) {
      const now = begin + at * MILLISECONDS
      let count = 0
      for (let i = 0; i < asked; i++) if (limits.take(limit, 1, now)) count++
      t.equal(count, allowed, `${allowed} of ${asked} after ${at} s`)
    }
    t.end()
  })
}

for (const { name, a, b, mayOpen } of decisions.meetings) {
  test(`vector, NATs: ${name}`, t => {
    const [one, other] = [a, b].map(({ kind, candidates }) => ({
      kind: kind ?? undefined,
      places: placesIn(`v=0\r\n${candidates.join('\r\n')}\r\n`)
    }))
    if (!one || !other) return t.fail('two ends')
    t.equal(canMeet(one, other), mayOpen)
    t.equal(canMeet(other, one), mayOpen, 'the other way round')
    t.end()
  })
}

/** Time that stands still until the test moves it. */
function handClock(t: Test): HandClock {
  const clock = new HandClock()
  t.teardown(() => clock.restore())
  return clock
}
