/** A node that searches, whose queries are answered by hand. */

import { EventEmitter } from 'node:events'
import { Id } from '../../src/id.js'
import {
  type KnownNodes,
  Search,
  type SearchingNode,
  type SearchOptions
} from '../../src/searching/search.js'
import { type Contact, KBucket, type KRPCMessage, type Peer, type QueryCallback } from '../../src/upstream.js'
import { encodeNode, type Contact as NamedContact } from '../../src/wire/compact.js'

const WIDTH = 4

/** The node at this distance from the target, which is also its port. */
export function contactAt(distance: number): Contact {
  const id = Buffer.alloc(20)
  id.writeUInt32BE(distance, 16)
  return { id, host: '240.0.0.1', port: distance }
}

/** The same, as searches have it. */
export function namedAt(distance: number): NamedContact {
  const { id, host, port } = contactAt(distance)
  return { id: Id.of(id), host, port }
}

type OnPassedOn = (reply: KRPCMessage, from: Peer) => void

/** A query that a test answers. */
interface Sent {
  peer: Peer
  callback: QueryCallback
  onPassedOn: OnPassedOn | undefined
}

/** Distances of nodes. */
interface Said {
  names?: number[]
  next?: number[]
}

function replyOf(distance: number, { names = [], next }: Said = {}): KRPCMessage {
  const r = {
    id: contactAt(distance).id,
    nodes: Buffer.concat(names.map(name => encodeNode(namedAt(name)))),
    ...(next && { next: Buffer.concat(next.map(other => contactAt(other).id)) })
  }
  return { t: Buffer.alloc(2), y: 'r', r }
}

/** A node that knows some others, and its queries, which the test answers. */
export class Node implements SearchingNode {
  readonly id = Buffer.alloc(20, 0xff)
  destroyed = false
  readonly k = WIDTH
  readonly bootstrap: Peer[]
  readonly concurrency = 6
  readonly backgroundConcurrency = 2
  readonly pending: unknown[] = []
  readonly nodes = new KBucket({ localNodeId: this.id, numberOfNodesPerKBucket: 100 })
  readonly events = new EventEmitter()
  readonly sent = new Map<number, Sent>()
  readonly socket: SearchingNode['socket'] & { inflight: number } = {
    inflight: 0,
    on: (...args) => this.events.on(...args),
    off: (...args) => this.events.off(...args),
    query: (peer, _, callback, { onPassedOn, onSent }) => {
      this.socket.inflight++
      this.sent.set(peer.port, { peer, callback, onPassedOn })
      onSent(peer.id ? Id.of(peer.id) : null)
    }
  }

  constructor(known: number[], places: number[] = []) {
    for (const distance of known) this.nodes.add(contactAt(distance))
    this.bootstrap = places.map(port => ({ host: '127.0.0.1', port }))
  }

  /** Whose queries are under way, by their ports. */
  get asked(): number[] {
    return [...this.sent.keys()]
  }

  /** Whether nothing is left of a search. */
  get isClean(): boolean {
    return this.events.eventNames().length === 0
  }

  reply(port: number, said: Said = {}, distance = port): void {
    this.#end(port, ({ callback, peer }) => callback(null, replyOf(distance, said), peer))
  }

  fail(port: number, code: unknown): void {
    const error = Object.assign(new Error('no reply'), { code })
    this.#end(port, ({ callback, peer }) => callback(error, null, peer))
  }

  /** A node replies that the query to another one was passed on to. */
  replyBeyond(relay: number, distance: number, said: Said = {}, { onPassedOn } = this.#find(relay)): void {
    onPassedOn?.(replyOf(distance, said), contactAt(distance))
  }

  /** A query of somebody else's is over. */
  update(): void {
    this.events.emit('update')
    this.events.emit('postupdate')
  }

  #find(port: number): Sent {
    const sent = this.sent.get(port)
    if (!sent) throw new Error(`nobody has asked ${port}`)
    return sent
  }

  #end(port: number, settle: (sent: Sent) => void): void {
    const sent = this.#find(port)
    this.sent.delete(port)
    this.socket.inflight--
    settle(sent)
    this.update()
  }
}

/** Starts a search of a node's, and notes what it calls. */
export function begin(
  node: Node,
  { relay, strangers = [], ...options }: Partial<SearchOptions & KnownNodes> = {}
) {
  const visited: number[] = []
  const met: number[] = []
  /** What happened with each node, and over which neighbour. */
  const steps: string[] = []
  /** How many nodes replied, or the code of the error. */
  const results: unknown[] = []
  const search = new Search(node, {
    target: Id.of(Buffer.alloc(20)),
    query: { q: 'find_node' },
    idLength: 20,
    isBackground: false,
    visit: (_, from) => void visited.push(from.port),
    knownNear: () => ({ relay, strangers }),
    span: 0,
    speaksRoute: () => true,
    onMet: id => met.push(id.bytes.readUInt32BE(16)),
    onStep: (name, id, via) => {
      const [node, over] = [id, via].map(bytes => bytes?.readUInt32BE(16) ?? 'nobody')
      steps.push(`${name} ${node} over ${over}`)
    },
    callback: (error, count) => results.push(error?.code ?? count),
    ...options
  })
  search.start()
  return { search, visited, met, steps, results }
}
