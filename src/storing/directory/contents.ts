/** The contents of a directory store: the names of all entries and the announcements, in memory, as they were read from the disk. */

import { HeldNames } from './held-names.js'
import { HeldPeers, parseName } from './held-peers.js'
import { type Change, type Level, toName } from './level.js'
import { decodeHeld, decodeTotals, decodeValue, encodeTotals, type Held, type Totals } from './records.js'

/** First letters of names on disk. */
const VALUE = 'v'
const PEER = 'p'
const TOTALS = 't'

export interface Bounds {
  maxValues: number
  maxPeers: number
}

/** Everything on disk, in the order in which it was put. */
export interface Scan {
  values: [key: string, held: Held][]
  peers: [name: string, held: Held][]
  /** Names, as on disk, of entries that are not as they were written. */
  damaged: string[]
  /** The contents after the last write; `undefined` if nothing says so. */
  totals: Totals | undefined
}

export const nameOfValue = (key: string): string => VALUE + key
export const nameOfPeer = (name: string): string => PEER + name

/** Reads all of a database, and checks it. */
export async function scan(level: Level): Promise<Scan> {
  const found: Scan = { values: [], peers: [], damaged: [], totals: undefined }
  for await (const [key, bytes] of level.iterator()) {
    const name = toName(key)
    const rest = name.slice(1)
    const held = name[0] === VALUE ? decodeValue(name, bytes) : decodeHeld(name, bytes)
    if (name === TOTALS) found.totals = decodeTotals(name, bytes)
    else if (!held) found.damaged.push(name)
    else if (name[0] === VALUE) found.values.push([rest, { order: held.order, until: held.until }])
    else found.peers.push([rest, held])
  }
  const byOrder = ([, a]: [string, Held], [, b]: [string, Held]) => a.order - b.order
  found.values.sort(byOrder)
  found.peers.sort(byOrder)
  return found
}

/** How many entries of a scan are not there, or not as they were written. */
export function countLost({ values, peers, damaged, totals }: Scan): number {
  const missing = totals ? totals.values + totals.peers - values.length - peers.length : 0
  return Math.max(damaged.length, missing)
}

export class Contents {
  readonly values: HeldNames
  readonly peers: HeldPeers
  #order = 0

  constructor({ maxValues, maxPeers }: Bounds) {
    this.values = new HeldNames(maxValues)
    this.peers = new HeldPeers(maxPeers)
  }

  /** Takes in what is on disk. @returns changes: what goes from the disk */
  load({ values, peers, damaged }: Scan): Change[] {
    const gone = [...damaged]
    for (const [key, held] of values) gone.push(...this.values.add(key, held).map(nameOfValue))
    for (const [name, held] of peers) gone.push(...this.peers.add(parseName(name), held).map(nameOfPeer))
    this.#order = Math.max(0, ...[values, peers].map(entries => (entries.at(-1)?.[1].order ?? -1) + 1))
    return [...gone.map(name => ({ name })), ...this.sweep()]
  }

  /** For an entry that is put now. */
  createHeld(until: number): Held {
    return { order: this.#order++, until }
  }

  /** Removes what has expired. @returns changes: what goes from the disk */
  sweep(): Change[] {
    const names = [...this.values.sweep().map(nameOfValue), ...this.peers.sweep().map(nameOfPeer)]
    return names.map(name => ({ name }))
  }

  /** The change that goes with every write: how many entries there are after it. */
  totals(): Change {
    const bytes = encodeTotals(TOTALS, { values: this.values.size, peers: this.peers.size })
    return { name: TOTALS, bytes }
  }
}
