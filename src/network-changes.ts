/**
 * What a node does when its network may have changed, or its machine has slept: it finds out at once which of its connections are left,
 * and lets go of what belongs to the old network. Platforms tell of some changes. Where they tell of none, the addresses of this machine
 * are looked at while the node is alone.
 */

import type { ConnectionTable } from './connections/table.js'
import type { CloseReason } from './counters.js'
import type { Platform } from './platform.js'

const SECONDS = 1000
/** Milliseconds between two looks at the addresses. */
const LOOK_INTERVAL = 2 * SECONDS
/** Where a neighbour is found dead and nobody was heard for this time, the network itself may be gone. */
const SILENCE = 3 * SECONDS
/** In the same network, a node that was heard within this time needs no ping. */
const HEARD_WITHIN = 1 * SECONDS

const FOUND_DEAD: readonly CloseReason[] = ['broken', 'unresponsive']

export interface NetworkChangesParts {
  platform: Pick<Platform, 'onNetworkChange' | 'ownAddresses'>
  table: ConnectionTable
  /** Pings all nodes that were not heard within this time, in milliseconds. */
  pingAll(heardWithin: number): void
  /** Lets go of what was made in the old network. */
  letGo(): void
  /** Called when a node is connected that was alone. */
  onBack(): void
  /** Called after the network has changed. */
  onChanged(): void
}

export class NetworkChanges {
  readonly #parts: NetworkChangesParts
  readonly #stop: () => void
  #addresses: string | null
  #timer: ReturnType<typeof setInterval> | undefined
  #wasAlone = false
  #isClosed = false

  constructor(parts: NetworkChangesParts) {
    const { platform, table } = parts
    this.#parts = parts
    this.#addresses = this.#look()
    this.#stop = platform.onNetworkChange?.(isNew => this.#changed(isNew)) ?? (() => {})
    table.on('disconnected', (_, reason) => this.#lost(reason))
    table.on('connected', () => this.#connected())
    this.#watch(true)
  }

  /** This machine has slept, and may be elsewhere. */
  slept(): void {
    this.#changed(true)
  }

  close(): void {
    this.#isClosed = true
    this.#watch(false)
    this.#stop()
  }

  #changed(isNew: boolean): void {
    const { pingAll, letGo, onChanged } = this.#parts
    if (isNew) letGo()
    pingAll(isNew ? 0 : HEARD_WITHIN)
    onChanged()
  }

  #connected(): void {
    this.#watch(false)
    if (!this.#wasAlone) return
    this.#wasAlone = false
    this.#parts.onBack()
  }

  #lost(reason: CloseReason): void {
    const { table, pingAll } = this.#parts
    if (table.isAlone) {
      this.#wasAlone = true
      this.#watch(true)
    }
    if (this.#isClosed || !FOUND_DEAD.includes(reason)) return
    if (this.#parts.platform.ownAddresses) this.#compare()
    else if (table.isAlone) this.#parts.letGo() // Firefox tells its pages of no change, nor their addresses
    const lastHeard = Math.max(...[...table.connections].map(connection => connection.lastHeard))
    if (performance.now() - lastHeard > SILENCE) pingAll(HEARD_WITHIN)
  }

  #watch(isOn: boolean): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    if (!isOn || this.#isClosed || !this.#parts.platform.ownAddresses) return
    this.#timer = setInterval(() => this.#compare(), LOOK_INTERVAL)
    this.#timer.unref?.()
  }

  #compare(): void {
    const addresses = this.#look()
    if (addresses === null || addresses === this.#addresses) return
    this.#addresses = addresses
    this.#changed(true)
  }

  #look(): string | null {
    return this.#parts.platform.ownAddresses?.()?.join(' ') ?? null
  }
}
