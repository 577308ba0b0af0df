/** The schemes of places in `bootstrap` that are no HTTP. The code of each is loaded when it is used first. */

import { parseHost } from '../place.js'
import { isNear } from '../wire/address-kind.js'
import type { Entrance } from './entrance.js'
import type { TrackerPlatform } from './tracker-socket.js'

/** The part of a node that an entrance knows. */
export interface EntranceSettings {
  /** The name of the network: see the option `network`. */
  network: string
  platform: TrackerPlatform
}

/** A kind of entrance that a place can name. */
export interface Scheme {
  /** The beginning of its places, in lower case: `'wss://'`. */
  readonly prefix: string
  /** The form of its places, for errors: `'a wss: URL'`. */
  readonly form: string
  /** Whether it is a place of this kind. */
  isPlace(place: string): boolean
  /** See `Entrance.isLocal`. */
  isLocal(place: string): boolean
  /** Loads the code, and makes the entrance. */
  open(place: string, settings: EntranceSettings): Promise<Entrance>
}

const TRACKER: Omit<Scheme, 'prefix'> = {
  form: 'a ws: or wss: URL of a tracker, without a password',
  isPlace(place) {
    const url = URL.canParse(place) ? new URL(place) : undefined
    return url !== undefined && url.hostname !== '' && url.username + url.password + url.hash === ''
  },
  isLocal: place => isNear(parseHost(new URL(place).hostname) ?? ''),
  async open(url, { network, platform }) {
    const { createTrackerEntrance } = await import('./tracker.js')
    return createTrackerEntrance({ url, network, platform })
  }
}

const TABS: Scheme = {
  prefix: 'tabs:',
  form: "'tabs:'",
  isPlace: place => place.length === 'tabs:'.length,
  isLocal: () => true,
  async open(_, { network }) {
    const { createTabsEntrance } = await import('./tabs.js')
    return createTabsEntrance({ network })
  }
}

export const SCHEMES: readonly Scheme[] = [
  TABS,
  { prefix: 'ws://', ...TRACKER },
  { prefix: 'wss://', ...TRACKER }
]

/** The scheme that a place begins with. */
export function schemeOf(place: unknown, schemes = SCHEMES): Scheme | undefined {
  if (typeof place !== 'string') return undefined
  const text = place.toLowerCase()
  return schemes.find(({ prefix }) => text.startsWith(prefix))
}

/** The entrance that a place names. */
export function entranceAt(place: string, scheme: Scheme, settings: EntranceSettings): Entrance {
  return entranceLater({ name: place, isLocal: scheme.isLocal(place) }, () => scheme.open(place, settings))
}

/** An entrance whose code is loaded when it is used first. */
export function entranceLater(
  known: { name: string; isLocal: boolean },
  load: () => Promise<Entrance>
): Entrance {
  let opened: Promise<Entrance> | undefined
  const open = () => {
    opened ??= load().catch((error: unknown) => {
      opened = undefined // a page may be offline for a while
      throw error
    })
    return opened
  }
  return {
    ...known,
    async request(offer, options) {
      const entrance = await open()
      if (!entrance.request) throw new Error('nobody can be asked there')
      return entrance.request(offer, options)
    },
    async serve(answer, options) {
      const entrance = await open()
      if (!options.signal.aborted) await entrance.serve?.(answer, options)
    }
  }
}
