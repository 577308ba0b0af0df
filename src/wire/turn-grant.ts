/** Credentials for a TURN server, which the HTTP answer of a bootstrap node hands out: the key `turn` of its JSON. */

import { parseJsonObject } from './signal.js'

const MAX_URLS = 4
const MAX_TEXT = 512
const MAX_PORT = 65535
/** Seconds: a minute, so that nobody is made to renew it without a pause, and a day. */
const MIN_LIFETIME = 60
const MAX_LIFETIME = 86_400
const URL_OF_TURN = /^turns?:(?:\[[\da-f:.]+\]|[a-z\d.-]+)(?::(\d{1,5}))?(?:\?transport=(?:udp|tcp))?$/i

export interface TurnGrant {
  urls: string[]
  username: string
  credential: string
  /** Seconds from now on for which it is good. */
  ttl: number
}

/** Whether a browser takes it: one that it refuses would end every connection. */
export function isTurnUrl(url: unknown): url is string {
  if (typeof url !== 'string' || url.length > MAX_TEXT) return false
  const [found, port = '1'] = URL_OF_TURN.exec(url) ?? []
  return found !== undefined && Number(port) > 0 && Number(port) <= MAX_PORT
}

/** Reads the body of an HTTP answer; `undefined` if it hands out no credentials. */
export function parseTurnGrant(body: string): TurnGrant | undefined {
  const given = parseJsonObject(body)?.turn
  if (typeof given !== 'object' || given === null) return undefined
  const { urls, username, credential, ttl } = given as Record<string, unknown>
  const areUrls = Array.isArray(urls) && urls.length > 0 && urls.length <= MAX_URLS && urls.every(isTurnUrl)
  if (!areUrls || !isText(username) || !isText(credential)) return undefined
  const isTime = typeof ttl === 'number' && ttl >= MIN_LIFETIME
  return isTime ? { urls, username, credential, ttl: Math.min(ttl, MAX_LIFETIME) } : undefined
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_TEXT && /^[\x21-\x7e]+$/.test(value)
}
