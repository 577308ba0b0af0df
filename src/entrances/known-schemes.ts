/**
 * Remembers whether places without a scheme speak HTTPS or HTTP: which one answered last. Only where both are possible; the next answer
 * may say otherwise.
 */

import type { Place } from '../place.js'
import { LRU } from '../upstream.js'
import type { HttpServerInfo } from '../wire/server-info.js'

/** Places come from strangers, too. */
const MAX_KNOWN = 64

export type Scheme = 'https' | 'http'

type HostAndPort = Pick<HttpServerInfo, 'host' | 'port'>

export class KnownSchemes {
  readonly #schemes = new LRU<Scheme>({ max: MAX_KNOWN })

  /** @param known places from an earlier time */
  constructor(known: readonly HttpServerInfo[] = []) {
    for (const place of known) if (place.scheme) this.#schemes.set(keyOf(place), place.scheme)
  }

  of(place: HostAndPort): Scheme | undefined {
    return this.#schemes.peek(keyOf(place))
  }

  /** A place, with its scheme where that is known. */
  describe({ host, port }: HostAndPort): HttpServerInfo {
    const scheme = this.of({ host, port })
    return { host, port, ...(scheme && { scheme }) }
  }

  /** The URLs of a place, the one that has answered first. @returns whether one has */
  order(place: Place, urls: readonly string[]): { urls: readonly string[]; isKnown: boolean } {
    const known = urls.find(url => schemeOf(url) === this.of(place))
    return known
      ? { urls: [known, ...urls.filter(url => url !== known)], isKnown: true }
      : { urls, isKnown: false }
  }

  /** Notes which of the URLs of a place has answered. */
  answered(place: Place, urls: readonly string[], url: string): void {
    if (urls.length > 1) this.#schemes.set(keyOf(place), schemeOf(url))
  }

  /** Notes that no answer came: the place may speak another scheme now. */
  failed(place: HostAndPort): void {
    this.#schemes.remove(keyOf(place))
  }
}

const keyOf = ({ host, port }: HostAndPort): string => `${host}:${port}`

function schemeOf(url: string): Scheme {
  return url.startsWith('https:') ? 'https' : 'http'
}
