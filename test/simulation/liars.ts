/**
 * Nodes that lie, and are real nodes otherwise: they join, stay connected and store what they are given. Each tells one kind
 * of lie about its neighbours, and does one kind of harm to connections.
 */

import type { KRPCMessage, Peer, SendCallback } from '../../src/upstream.js'
import { type CompactNode, encodeNodes } from '../../src/wire/compact.js'
import type { Signal, SignalReply } from '../../src/wire/signal.js'
import type { SimulatedNode } from './node.js'
import type { Population } from './population.js'
import type { Random } from './random.js'

const NEIGHBOUR_LIES = ['invented', 'dead', 'fellows', 'no values'] as const
const CONNECTION_LIES = ['never opens', 'drops signals', 'swaps signals'] as const
const LYING_METHODS = ['find_node', 'get_peers', 'get']
/** Nodes in a false reply: as many as in a true one. */
const NODES = 8
/** Bytes at the end of an invented id that differ from the target: nobody is nearer. */
const INVENTED_BYTES = 3
const MAX_GRAVES = 500

export class Liars {
  readonly #population: Population
  readonly #random: Random
  readonly #graves: Buffer[] = []

  constructor(population: Population, random: Random) {
    this.#population = population
    this.#random = random
    population.corrupt = node => this.#corrupt(node)
    population.onEnd(({ dht }) => {
      this.#graves.push(dht.nodeId)
      if (this.#graves.length > MAX_GRAVES) this.#graves.shift()
    })
  }

  #corrupt(node: SimulatedNode): void {
    this.#lieAboutNeighbours(node, this.#random.pick(NEIGHBOUR_LIES))
    const lie = this.#random.pick(CONNECTION_LIES)
    const { relaying } = node.dht._rpc.socket.socket
    if (lie === 'never opens') node.host.isDeaf = true
    else if (lie === 'drops signals') relaying.relay = () => new Promise(() => {})
    else this.#swapSignals(node)
  }

  #lieAboutNeighbours({ dht }: SimulatedNode, lie: (typeof NEIGHBOUR_LIES)[number] | undefined): void {
    const { socket } = dht._rpc
    const answer = socket.response.bind(socket)
    socket.response = (
      peer: Peer,
      query: KRPCMessage,
      response: Record<string, unknown>,
      callback?: SendCallback
    ) => {
      const target = query.a?.target ?? query.a?.info_hash
      if (!LYING_METHODS.includes(String(query.q)) || !Buffer.isBuffer(target)) {
        return answer(peer, query, response, callback)
      }
      const { id, token } = response
      const ids =
        lie === 'no values'
          ? dht.nodes.closest(target, NODES).map(contact => contact.id)
          : this.#nodesFor(lie, target)
      const r = { id, ...(token !== undefined && { token }), nodes: encodeNodes(ids.map(toCompactNode)) }
      socket.send(peer, { t: query.t, y: 'r', r }, callback)
    }
  }

  #nodesFor(lie: string | undefined, target: Buffer): Buffer[] {
    if (lie === 'invented') return Array.from({ length: NODES }, () => this.#invent(target))
    const ids =
      lie === 'dead' ? this.#graves : this.#population.those(node => node.isLiar).map(({ dht }) => dht.nodeId)
    return ids.toSorted((a, b) => compareDistances(a, b, target)).slice(0, NODES)
  }

  #invent(target: Buffer): Buffer {
    return Buffer.concat([target.subarray(0, -INVENTED_BYTES), this.#random.bytes(INVENTED_BYTES)])
  }

  /** Passes an offer on to another node than the one it is for, and says that the answer is by that one. */
  #swapSignals({ dht }: SimulatedNode): void {
    const { relaying, table } = dht._rpc.socket.socket
    const relay = relaying.relay.bind(relaying)
    relaying.relay = async (asker, target, offer: Signal): Promise<SignalReply | undefined> => {
      const other = this.#random.pick([...table.ids].filter(id => id !== target && id !== asker.id))
      const reply = other === undefined ? undefined : await relay(asker, other, offer)
      return reply && { ...reply, id: Buffer.from(target, 'hex') }
    }
  }
}

/** Addresses of others mean nothing: the asker gives them its own. */
function toCompactNode(id: Buffer): CompactNode {
  return { id, host: '240.0.0.1', port: 1 }
}

function compareDistances(first: Buffer, second: Buffer, target: Buffer): number {
  for (let i = 0; i < target.length; i++) {
    const difference = ((first[i] ?? 0) ^ (target[i] ?? 0)) - ((second[i] ?? 0) ^ (target[i] ?? 0))
    if (difference !== 0) return difference
  }
  return 0
}
