/** The newest search of this node: whom it has asked, over whom, and who has replied. */

import { type ReadonlySignal, signal } from '@preact/signals'
import type { SearchStep, WebTorrentDHT } from 'webtorrent-dht'

/** A node that a search has asked, or that has got its query from another node. */
export interface Searched {
  id: string
  /** The neighbour that the query went over, the node itself where it is connected. */
  via: string | null
  state: 'asked' | 'replied' | 'failed'
  /** Milliseconds since the search began, at which that was so. */
  at: number
}

export interface SearchView {
  number: number
  /** What it looks for. */
  what: 'peers' | 'value'
  /** In hex. */
  target: string
  /** In the order in which they were asked. */
  nodes: readonly Searched[]
  /** Milliseconds; `null` while it goes on. */
  duration: number | null
}

/** What this page searches for. The node also looks around for its own sake. */
const SHOWN: Record<string, SearchView['what']> = { get_peers: 'peers', get: 'value' }

export class Searches {
  readonly #current = signal<SearchView | null>(null)
  #startedAt = 0

  constructor(dht: WebTorrentDHT) {
    dht.on('search', step => this.#take(step))
  }

  get current(): ReadonlySignal<SearchView | null> {
    return this.#current
  }

  #take({ search, method, target, name, id, via }: SearchStep): void {
    const what = SHOWN[method]
    if (name === 'began' && what) {
      this.#startedAt = performance.now()
      this.#current.value = {
        number: search,
        what,
        target: target.toString('hex'),
        nodes: [],
        duration: null
      }
    }
    const view = this.#current.value
    if (view?.number !== search) return
    const at = performance.now() - this.#startedAt
    if (name === 'ended') this.#current.value = { ...view, duration: at }
    if (name === 'began' || name === 'ended' || id === null) return
    const node = { id: id.toString('hex'), via: via?.toString('hex') ?? null, state: name, at }
    this.#current.value = { ...view, nodes: noted(view.nodes, node) }
  }
}

function noted(nodes: readonly Searched[], node: Searched): Searched[] {
  const isNew = nodes.every(({ id }) => id !== node.id)
  return isNew ? [...nodes, node] : nodes.map(other => (other.id === node.id ? node : other))
}
