/** The flags for the limits of the library, by the names of its options: `--limits.offers`. */

import type { HttpLimits } from '../entrances/server-interface.js'
import { DEFAULT_LIMITS, type Limits } from '../limits.js'
import { DEFAULT_HTTP_LIMITS } from '../options.js'

interface Limit {
  help: string
  byDefault: number
}

const HELP: Record<keyof Limits, string> = {
  messages: 'unsolicited messages a second, of one connection',
  bytes: 'their bytes a second',
  queries: 'queries a second, of one connection',
  offers: 'offers a second for this node, of one connection',
  introductions: 'offers a second to relay, of one connection',
  frames: 'frames a second to relay, of one connection',
  dials: 'dials a second, of one connection',
  stores: 'announcements and values a second, of one connection',
  introductionsAtOnce: 'offers that are being relayed at the same time',
  peersPerNode: 'announcements kept for one node',
  valuesPerNode: 'values kept for one node'
}

const HTTP_HELP: Record<keyof HttpLimits, string> = {
  bodyBytes: 'bytes of a request',
  requestTimeout: 'milliseconds for a request to come',
  concurrentRequests: 'requests that are being answered at the same time',
  requestsPerAddress: 'requests from one address in ten seconds',
  sockets: 'sockets without a whole request'
}

function describe<Name extends string>(
  help: Record<Name, string>,
  defaults: Record<Name, number>
): Record<string, Limit> {
  const entries = Object.entries<string>(help).map(([name, text]) => [
    name,
    { help: text, byDefault: Number(defaults[name as Name]) }
  ])
  return Object.fromEntries(entries)
}

export const LIMITS = {
  limits: describe(HELP, { ...DEFAULT_LIMITS }),
  httpLimits: describe(HTTP_HELP, { ...DEFAULT_HTTP_LIMITS })
} as const
