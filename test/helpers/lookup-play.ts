/** Plays stories of lookups: what is reported, and what the lookup then says to do. */

import test from 'tape'
import { Id } from '../../src/id.js'
import { Lookup } from '../../src/searching/lookup.js'
import type { Contact } from '../../src/wire/compact.js'

/** How many of the nearest nodes must have replied. */
export const WIDTH = 4
/** The node that looks up, by its distance from the target. */
export const OWN = 99

/** What a lookup knows when it begins: nodes, by their distances from the target. */
interface Given {
  relay?: number
  neighbours?: number[]
  strangers?: number[]
  places?: number
  /** The span that is expected around the target. */
  span?: number
}

/** What a node says: the nodes that it names, and those that it has passed the query on to. */
interface Said {
  names?: number[]
  next?: number[]
  isOld?: boolean
}

export type Event =
  | ({ reply: number } & Said)
  /** To a query that was passed on. */
  | ({ replyBeyond: number } & Said)
  | { failure: number }
  /** The nodes nearest to a point around the target. */
  | { around: number[] }
  /** Milliseconds pass. */
  | { pass: number }
  /** Whether queries may be sent from now on. */
  | { mayAsk: boolean }
  | 'a place fails'
  | 'it is finished'

export interface Story {
  promise: string
  given: Given
  /** What happens, and what the lookup says then: whom to ask, `*` for a recursive query; and `wait`, and how long, or `over`. */
  story: [events: Event[], says: string][]
  /** Whose replies count, in their order. */
  counted?: number[]
}

/** The node at this distance from the target, which is also its port. */
function contactAt(distance: number): Contact {
  const id = Buffer.alloc(20)
  id.writeUInt32BE(distance, 16)
  return { id: Id.of(id), host: '240.0.0.1', port: distance }
}

const idAt = (distance: number) => contactAt(distance).id

class Play {
  readonly counted: number[] = []
  readonly #lookup: Lookup
  #now = 1000
  #mayAsk = true

  constructor({ relay, neighbours = [], strangers = [], places = 0, span = 0 }: Given) {
    this.#lookup = new Lookup({
      target: Id.of(Buffer.alloc(20)),
      ownId: idAt(OWN),
      width: WIDTH,
      places,
      relay: relay === undefined ? undefined : contactAt(relay),
      neighbours: neighbours.map(contactAt),
      strangers: strangers.map(contactAt),
      span
    })
  }

  take(event: Event): void {
    if (event === 'a place fails') this.#lookup.placeSettled()
    else if (event === 'it is finished') this.#lookup.finish()
    else if ('reply' in event) this.#report('replied', event.reply, event)
    else if ('replyBeyond' in event) this.#report('repliedBeyond', event.replyBeyond, event)
    else if ('around' in event) this.#lookup.foundAround(event.around.map(contactAt))
    else if ('failure' in event) this.#lookup.failed(idAt(event.failure), this.#now)
    else if ('pass' in event) this.#now += event.pass
    else this.#mayAsk = event.mayAsk
  }

  next(): string {
    const words: string[] = []
    for (;;) {
      const step = this.#lookup.next(this.#now, this.#mayAsk)
      if (step.name === 'ask') words.push(`${step.contact.port}${step.isRecursive ? '*' : ''}`)
      else if (step.name === 'ask places') words.push('places')
      else if (step.name === 'look around') words.push(`around ${step.points.length}`)
      else if (step.name === 'finished') return [...words, 'over'].join(' ')
      else if (step.until === Number.POSITIVE_INFINITY) return [...words, 'wait'].join(' ')
      else return [...words, `wait ${step.until - this.#now}`].join(' ')
    }
  }

  #report(
    method: 'replied' | 'repliedBeyond',
    from: number,
    { names = [], next = [], isOld = false }: Said
  ): void {
    const reply = { contacts: names.map(contactAt), next: next.map(idAt), speaksRoute: !isOld }
    if (this.#lookup[method](contactAt(from), reply, this.#now)) this.counted.push(from)
  }
}

export function playStories(stories: Story[]): void {
  for (const { promise, given, story, counted } of stories) {
    test(promise, t => {
      const play = new Play(given)
      for (const [events, says] of story) {
        for (const event of events) play.take(event)
        t.equal(play.next(), says)
      }
      if (counted) t.deepEqual(play.counted, counted, 'replies that count')
      t.end()
    })
  }
}
