/** What holds for every lookup: in networks that are made up, whatever the nodes answer, and in whatever order. */

import fc from 'fast-check'
import test from 'tape'
import { Id } from '../../src/id.js'
import { Lookup, type LookupOptions, type Reply } from '../../src/searching/lookup.js'
import type { Contact } from '../../src/wire/compact.js'
import { Random } from '../simulation/random.js'

/** As src/searching/lookup.ts has them. */
const MAX_QUERIED_FACTOR = 8
const PATIENCE = 500
/** Milliseconds that a silent node takes to fail. */
const SILENCE = 2000
const SPARE_SHARE = 0.25

const ID_BYTES = 4
/** Bits in which ids differ: few, so that buckets are full. */
const BITS = 10
const SILENT = null

/** What a node answers to a query; `SILENT`: nothing. */
type Answer = (node: number, isRecursive: boolean) => Reply | typeof SILENT

/** A node by its distance from the target, which is 0. */
function contactAt(distance: number): Contact {
  const id = Buffer.alloc(ID_BYTES)
  id.writeUInt32BE(distance)
  return { id: Id.of(id), host: '240.0.0.1', port: 1 }
}

const distanceOf = ({ id }: Contact) => id.bytes.readUInt32BE()
const said = (names: number[], next: number[] = [], speaksRoute = true): Reply => ({
  contacts: names.map(contactAt),
  next: next.map(distance => contactAt(distance).id),
  speaksRoute
})

interface Outcome {
  asked: number[]
  /** Nodes whose reply counted. */
  counted: number[]
  /** Milliseconds from the last event to the end. */
  waited: number
}

/** Drives a lookup to its end: what is under way ends in random order, with replies to what was passed on in between. */
class Drive {
  readonly outcome: Outcome = { asked: [], counted: [], waited: 0 }
  readonly #lookup: Lookup
  readonly #answer: Answer
  readonly #random: Random
  /** Queries under way, and those that were passed on. */
  readonly #underWay: (() => void)[] = []
  #now = 0

  constructor(options: Omit<LookupOptions, 'target' | 'ownId' | 'span'>, answer: Answer, random: Random) {
    this.#lookup = new Lookup({
      target: Id.of(Buffer.alloc(ID_BYTES)),
      ownId: contactAt(2 ** 31).id,
      span: 0,
      ...options
    })
    this.#answer = answer
    this.#random = random
    for (;;) {
      const mayAsk = this.#random.isLucky(0.8)
      const step = this.#lookup.next(this.#now, mayAsk)
      if (step.name === 'finished') return
      if (step.name === 'ask') this.#ask(distanceOf(step.contact), step.isRecursive)
      else if (step.name === 'ask places') this.#askPlaces(options.places)
      else if (step.name === 'look around') throw new Error('looks around without a span')
      else if (mayAsk) this.#wait(step.until)
    }
  }

  #ask(node: number, isRecursive: boolean): void {
    this.outcome.asked.push(node)
    this.#underWay.push(() => {
      const reply = this.#answer(node, isRecursive)
      if (reply) this.#report('replied', node, reply)
      else this.#lookup.failed(contactAt(node).id, this.#now + SILENCE)
      if (reply && isRecursive) this.#passOn(reply)
    })
  }

  #askPlaces(count: number): void {
    for (let i = 0; i < count; i++) {
      this.#underWay.push(() => {
        this.#lookup.placeSettled()
        const reply = this.#answer(1000 + i, false)
        if (reply) this.#report('replied', 1000 + i, reply)
      })
    }
  }

  /** Some of those that get a query from another node lose it; those that reply pass it on as well. */
  #passOn({ next }: Reply): void {
    for (const id of next) {
      if (this.#random.isLucky(0.2)) continue
      const node = id.bytes.readUInt32BE()
      this.#underWay.push(() => {
        const reply = this.#answer(node, true)
        if (reply && this.#report('repliedBeyond', node, reply)) this.#passOn(reply)
      })
    }
  }

  #report(method: 'replied' | 'repliedBeyond', node: number, reply: Reply): boolean {
    const isFirst = this.#lookup[method](contactAt(node), reply, this.#now)
    if (isFirst) this.outcome.counted.push(node)
    return isFirst
  }

  /** Something ends that is under way, or time passes. @throws Error if there is nothing to wait for */
  #wait(until: number): void {
    const isTimely = Number.isFinite(until) && this.#random.isLucky(0.2)
    const [event] = isTimely ? [] : this.#underWay.splice(this.#random.below(this.#underWay.length), 1)
    if (event) {
      this.outcome.waited = 0
      return event()
    }
    if (!(until > this.#now) || until > this.#now + PATIENCE)
      throw new Error(`waits until ${until} for nothing`)
    this.outcome.waited += until - this.#now
    this.#now = until
  }
}

const distances = (max: number) =>
  fc.uniqueArray(fc.integer({ min: 1, max: 2 ** BITS - 1 }), { minLength: 1, maxLength: max })

test('a lookup ends, asks no node twice, and stays below its maximum, whatever the replies', t => {
  const property = fc.property(
    fc.integer(),
    distances(80),
    fc.integer({ min: 1, max: 8 }),
    (seed, nodes, width) => {
      const random = new Random(seed, 'lookup')
      const some = () => nodes.filter(() => random.isLucky(0.1))
      const answer: Answer = () => {
        if (random.isLucky(0.3)) return SILENT
        const names = [
          ...some(),
          ...Array.from({ length: random.below(8) }, () => 1 + random.below(2 ** BITS))
        ]
        return said(
          names,
          names.filter(() => random.isLucky(0.5)),
          random.isLucky(0.9)
        )
      }
      const options = {
        width,
        places: random.below(4),
        relay: random.isLucky(0.7) ? contactAt(random.pick(nodes) ?? 1) : undefined,
        neighbours: some().map(contactAt),
        strangers: some().map(contactAt)
      }
      const { asked } = new Drive(options, answer, random).outcome
      return new Set(asked).size === asked.length && asked.length <= MAX_QUERIED_FACTOR * width
    }
  )
  t.doesNotThrow(() => fc.assert(property, { numRuns: 300 }))
  t.end()
})

test('endless invented nodes cannot keep a lookup going, even as recipients of the query', t => {
  const property = fc.property(
    fc.integer(),
    fc.integer({ min: 1, max: 8 }),
    fc.boolean(),
    (seed, width, isHeard) => {
      const random = new Random(seed, 'lookup')
      let nearest = 2 ** 30
      const answer: Answer = node => {
        if (node < 2 ** 29 && !isHeard) return SILENT
        const names = Array.from({ length: 8 }, () => --nearest)
        return said(names, names)
      }
      const neighbours = Array.from({ length: 4 }, (_, i) => contactAt(2 ** 30 + i))
      const { outcome } = new Drive(
        { width, places: 0, relay: neighbours[0], neighbours, strangers: [] },
        answer,
        random
      )
      const max = MAX_QUERIED_FACTOR * width
      return (
        outcome.asked.length <= max && outcome.counted.length <= 2 * max && outcome.waited <= max * PATIENCE
      )
    }
  )
  t.doesNotThrow(() => fc.assert(property, { numRuns: 100 }))
  t.end()
})

/** Kademlia's tables: of each bucket's nodes as many as it holds. */
function createTables(nodes: number[], bucketSize: number, random: Random): Map<number, number[]> {
  const bucketOf = (node: number, other: number) => Math.clz32(node ^ other)
  const shuffle = (list: number[]) =>
    list.map(item => ({ item, at: random.next() })).sort((a, b) => a.at - b.at)
  return new Map(
    nodes.map(node => {
      const counts = new Map<number, number>()
      const table = shuffle(nodes.filter(other => other !== node)).flatMap(({ item }) => {
        const bucket = bucketOf(node, item)
        const count = counts.get(bucket) ?? 0
        counts.set(bucket, count + 1)
        return count < bucketSize ? item : []
      })
      return [node, table.sort((a, b) => a - b)]
    })
  )
}

test('among honest nodes a lookup without spare nodes finds the very nearest', t => {
  const property = fc.property(
    fc.integer(),
    distances(80),
    fc.integer({ min: 1, max: 3 }),
    (seed, nodes, width) => {
      const random = new Random(seed, 'lookup')
      const tables = createTables(nodes, width, random)
      const answer: Answer = (node, isRecursive) => {
        const names = tables.get(node)?.slice(0, width) ?? []
        return said(names, isRecursive ? names.filter(name => name < node).slice(0, 1 + random.below(2)) : [])
      }
      const neighbours = nodes
        .filter(() => random.isLucky(0.2))
        .concat(nodes[0] ?? [])
        .map(contactAt)
      const { outcome } = new Drive(
        { width, places: 0, relay: random.pick(neighbours), neighbours, strangers: [] },
        answer,
        random
      )
      return nodes
        .sort((a, b) => a - b)
        .slice(0, width)
        .every(node => outcome.counted.includes(node))
    }
  )
  t.doesNotThrow(() => fc.assert(property, { numRuns: 300 }))
  t.end()
})

test('among dead nodes a lookup gets replies from the nearest live nodes, spare ones included', t => {
  const property = fc.property(
    fc.integer(),
    distances(40),
    fc.integer({ min: 1, max: 8 }),
    (seed, nodes, width) => {
      const random = new Random(seed, 'lookup')
      const first = nodes[0] ?? 1
      const dead = new Set(nodes.filter(node => node !== first && random.isLucky(0.3)).slice(0, 4 * width))
      const answer: Answer = (node, isRecursive) =>
        dead.has(node) ? SILENT : said(nodes, isRecursive ? nodes.filter(() => random.isLucky(0.2)) : [])
      const contacts = [contactAt(first)]
      const { outcome } = new Drive(
        { width, places: 0, relay: contacts[0], neighbours: contacts, strangers: [] },
        answer,
        random
      )
      const living = nodes.filter(node => !dead.has(node)).sort((a, b) => a - b)
      const nearest = living.slice(0, width + Math.floor(SPARE_SHARE * width))
      return nearest.filter(node => outcome.counted.includes(node)).length >= Math.min(width, living.length)
    }
  )
  t.doesNotThrow(() => fc.assert(property, { numRuns: 300 }))
  t.end()
})
