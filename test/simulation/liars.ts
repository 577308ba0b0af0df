/**
 * Nodes that lie, and are real nodes otherwise: they join, stay connected and store what they are given. Each tells one kind
 * of lie about its neighbours, and does one kind of harm to connections.
 */

import { compareDistances, Id } from '../../src/id.js'
import type { Reply } from '../../src/krpc/method.js'
import { type Contact, encodeNode } from '../../src/wire/compact.js'
import type { Signal, SignalReply } from '../../src/wire/signal.js'
import { answerWith } from '../helpers/answers.js'
import type { SimulatedNode } from './node.js'
import type { Population } from './population.js'
import type { Random } from './random.js'

const NEIGHBOUR_LIES = ['invented', 'dead', 'fellows', 'no values'] as const
const CONNECTION_LIES = ['never opens', 'drops signals', 'swaps signals'] as const
/** The methods whose answers are false, and the argument that each searches for. */
const LYING_METHODS = { find_node: 'target', get_peers: 'info_hash', get: 'target' } as const
/** Nodes in a false reply: as many as in a true one. */
const NODES = 8
/** Bytes at the end of an invented id that differ from the target: nobody is nearer. */
const INVENTED_BYTES = 3
const MAX_GRAVES = 500

export class Liars {
  readonly #population: Population
  readonly #random: Random
  readonly #graves: Id[] = []

  constructor(population: Population, random: Random) {
    this.#population = population
    this.#random = random
    population.corrupt = node => this.#corrupt(node)
    population.onEnd(({ dht }) => {
      this.#graves.push(Id.of(dht.nodeId))
      if (this.#graves.length > MAX_GRAVES) this.#graves.shift()
    })
  }

  #corrupt(node: SimulatedNode): void {
    this.#lieAboutNeighbours(node, this.#random.pick(NEIGHBOUR_LIES))
    const lie = this.#random.pick(CONNECTION_LIES)
    const { relaying } = node.dht.socket.node
    if (lie === 'never opens') node.host.isDeaf = true
    else if (lie === 'drops signals') relaying.relay = () => new Promise(() => {})
    else this.#swapSignals(node)
  }

  #lieAboutNeighbours({ dht }: SimulatedNode, lie: (typeof NEIGHBOUR_LIES)[number] | undefined): void {
    for (const [method, name] of Object.entries(LYING_METHODS)) {
      answerWith(dht, method, (args, { id }): Reply => {
        const target = Id.of((args as Record<string, Buffer>)[name] as Buffer)
        const ids =
          lie === 'no values'
            ? dht.nodes.closest(target.bytes, NODES).map(contact => Id.of(contact.id))
            : this.#nodesFor(lie, target)
        const nodes = Buffer.concat(ids.map(id => encodeNode(toContact(id))))
        return { values: { nodes, ...(method !== 'find_node' && { token: dht._generateToken(id.hex) }) } }
      })
    }
  }

  #nodesFor(lie: string | undefined, target: Id): Id[] {
    if (lie === 'invented') return Array.from({ length: NODES }, () => this.#invent(target))
    const fellows = () => this.#population.those(node => node.isLiar).map(({ dht }) => Id.of(dht.nodeId))
    const ids = lie === 'dead' ? this.#graves : fellows()
    return ids.toSorted((a, b) => compareDistances(target, a, b)).slice(0, NODES)
  }

  #invent({ bytes }: Id): Id {
    return Id.of(Buffer.concat([bytes.subarray(0, -INVENTED_BYTES), this.#random.bytes(INVENTED_BYTES)]))
  }

  /** Passes an offer on to another node than the one it is for, and says that the answer is by that one. */
  #swapSignals({ dht }: SimulatedNode): void {
    const { relaying, table } = dht.socket.node
    const relay = relaying.relay.bind(relaying)
    relaying.relay = async (asker, target, offer: Signal): Promise<SignalReply | undefined> => {
      const others = [...table.connections].flatMap(({ id }) => id ?? [])
      const other = this.#random.pick(others.filter(id => !id.equals(target) && !asker.id?.equals(id)))
      const reply = other === undefined ? undefined : await relay(asker, other, offer)
      return reply && { ...reply, id: target }
    }
  }
}

/** Addresses of others mean nothing: the asker gives them its own. */
function toContact(id: Id): Contact {
  return { id, host: '240.0.0.1', port: 1 }
}
