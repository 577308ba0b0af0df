/** The node that lives in this page, with all that the page shows of it. */

import { type ReadonlySignal, type Signal, signal } from '@preact/signals'
import { type Status, WebTorrentDHT } from 'webtorrent-dht'
import { EventLog } from './event-log.js'
import { History } from './history.js'
import type { KeptState } from './kept-state.js'
import { type Neighbourhood, takeNeighbourhood } from './neighbourhood.js'
import { logEvents } from './node-events.js'
import { Notes } from './notes.js'
import { explain } from './result.js'
import { RoomVisit } from './room-visit.js'
import { Searches } from './search-view.js'
import { Sharing } from './sharing.js'

const SECOND = 1000
/** A connection brings many changes at once; to show each would only take time. */
const SHORTEST_INTERVAL = 150
const KEEP_EVERY = 5

export class PageNode {
  readonly dht: WebTorrentDHT
  readonly kept: KeptState
  readonly log = new EventLog()
  readonly history = new History()
  readonly sharing: Sharing
  readonly room: RoomVisit
  readonly notes: Notes
  readonly searches: Searches
  readonly #status = signal<Status>('joining')
  readonly #reason = signal('')
  readonly #neighbourhood: Signal<Neighbourhood>
  #messages = 0
  #seconds = 0
  #refreshTimer: ReturnType<typeof setTimeout> | undefined

  /** Joins through the node that served the page, other tabs, and nodes that were known before. */
  constructor(kept: KeptState) {
    this.kept = kept
    this.dht = createDHT(kept, this.log)
    this.#neighbourhood = signal(takeNeighbourhood(this.dht))
    this.sharing = new Sharing(this.dht, this.log)
    this.room = new RoomVisit(this.dht)
    this.notes = new Notes(this.dht)
    this.searches = new Searches(this.dht)
    logEvents(this.dht, this.log)
    const { socket } = this.dht
    this.dht.on('status', (status, reason) => {
      this.#status.value = status
      this.#reason.value = reason ? explain(reason) : ''
    })
    for (const event of ['node_connected', 'node_disconnected'] as const) {
      socket.on(event, () => this.#refreshSoon())
    }
    socket.on('message', () => this.#messages++)
    setInterval(() => this.#tick(), SECOND)
    addEventListener('pagehide', () => kept.write(this.dht.toJSON()))
  }

  get status(): ReadonlySignal<Status> {
    return this.#status
  }

  /** Why this node is alone; empty where nothing has failed. */
  get reason(): ReadonlySignal<string> {
    return this.#reason
  }

  get neighbourhood(): ReadonlySignal<Neighbourhood> {
    return this.#neighbourhood
  }

  /** Begins again with a new id, and without what was kept. */
  forget(): void {
    this.kept.forget()
    this.dht.destroy(() => location.reload())
  }

  #tick(): void {
    if (this.dht.destroyed) return
    this.#refresh()
    this.history.add({ ...this.#neighbourhood.value.counts, messages: this.#messages })
    this.#messages = 0
    if (this.#seconds++ % KEEP_EVERY === 0) this.kept.write(this.dht.toJSON())
  }

  #refreshSoon(): void {
    this.#refreshTimer ??= setTimeout(() => this.#refresh(), SHORTEST_INTERVAL)
  }

  #refresh(): void {
    clearTimeout(this.#refreshTimer)
    this.#refreshTimer = undefined
    if (this.dht.destroyed) return
    this.#neighbourhood.value = takeNeighbourhood(this.dht)
  }
}

function createDHT({ state, key }: KeptState, log: EventLog): WebTorrentDHT {
  const options = { bootstrap: [location.origin, 'tabs:'], ...(key !== undefined && { key }) }
  try {
    return new WebTorrentDHT({ ...options, ...(state && { state }) })
  } catch (error) {
    if (!state) throw error // something else than an object was kept
    log.add('warning', 'What this browser had kept cannot be read. This node begins anew.')
    return new WebTorrentDHT(options)
  }
}
