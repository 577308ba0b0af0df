/**
 * The option `turn`: a bootstrap node lets newcomers use a TURN server for a while. The credentials are those of coturn's
 * `use-auth-secret`: the user name is the time until which they are good, and the password its HMAC.
 */

import { checkNames, invalid, invalidKey, optional, readObject } from '../arguments.js'
import { isTurnUrl, type TurnGrant } from '../wire/turn-grant.js'

const HOUR = 3600
const SHORTEST_LIFETIME = 60
const LONGEST_LIFETIME = 24 * HOUR
const MAX_URLS = 4

/** The TURN servers that a node hands out credentials for. */
export interface TurnOptions {
  /** `'turn:host:port'`, or up to 4 of these. */
  urls: string | string[]
  /** The secret that these servers know: `static-auth-secret` of coturn. It stays here. */
  secret: string
  /** Seconds that credentials are good for, from 60 to 86,400. Default: 3600. */
  lifetime?: number
}

/** @internal */
export interface ResolvedTurn {
  urls: string[]
  secret: string
  lifetime: number
}

/** HMAC-SHA1 in base64. */
export type SignTurn = (secret: string, text: string) => string

/** @internal @throws WebTorrentDHTError `EINVAL` */
export function readTurn(name: string, value: unknown): ResolvedTurn {
  const given = readObject<TurnOptions>(name, value)
  checkNames(name, given, ['urls', 'secret', 'lifetime'])
  const urls = [given.urls].flat()
  const isRight = urls.length > 0 && urls.length <= MAX_URLS && urls.every(isTurnUrl)
  if (!isRight) throw invalid(`${name}.urls`, given.urls, "'turn:host:port', or an array of up to 4 of these")
  if (typeof given.secret !== 'string' || given.secret === '')
    throw invalidKey(`${name}.secret`, given.secret, 'the secret that the TURN server knows, a string')
  const lifetime = optional(readLifetime, `${name}.lifetime`, given.lifetime) ?? HOUR
  return { urls, secret: given.secret, lifetime }
}

/** @internal Makes credentials. @param user whom they are for: coturn counts them by this name */
export function grantTurn(
  { urls, secret, lifetime }: ResolvedTurn,
  sign: SignTurn,
  user: string,
  now = Date.now()
): TurnGrant {
  const username = `${Math.floor(now / 1000) + lifetime}:${user}`
  return { urls, username, credential: sign(secret, username), ttl: lifetime }
}

function readLifetime(name: string, value: unknown): number {
  const isRight = Number.isInteger(value) && Number(value) >= SHORTEST_LIFETIME
  if (isRight && Number(value) <= LONGEST_LIFETIME) return Number(value)
  throw invalid(name, value, `an integer from ${SHORTEST_LIFETIME} to ${LONGEST_LIFETIME}`)
}
