/**
 * Reads the option `state`. It may come from another version, and others may have written to its storage: so each part that is not
 * understood is left out, with a warning. Values are checked where they are stored again.
 */

import { invalid, isMissing, quote, readId } from '../arguments.js'
import { WebTorrentDHTError } from '../errors.js'
import type { Id } from '../id.js'
import { parsePlace } from '../place.js'
import type { HttpServerInfo } from '../wire/server-info.js'

export interface GivenState {
  readonly id: Id | undefined
  readonly nodes: readonly HttpServerInfo[]
  /** By key in hex; not checked yet. */
  readonly values: Readonly<Record<string, unknown>>
  readonly isBlocked: boolean
  /** One for each part that was left out. */
  readonly warnings: readonly WebTorrentDHTError[]
}

/** @throws WebTorrentDHTError `EINVAL` for what is no object: JSON that was not parsed, for example */
export function readState(given: unknown, idLength: number): GivenState {
  if (isMissing(given)) return { id: undefined, nodes: [], values: {}, isBlocked: false, warnings: [] }
  if (typeof given !== 'object' || Array.isArray(given) || ArrayBuffer.isView(given)) {
    throw invalid('options.state', given, 'an object, as toJSON() gives it')
  }
  const { nodeId, nodes, values, isBlocked } = given as Record<string, unknown>
  const warnings: WebTorrentDHTError[] = []
  const leftOut = (what: string) =>
    void warnings.push(new WebTorrentDHTError('ESTATE', `${what} was left out`))
  const id = readNodeId(nodeId, idLength)
  if (!id && !isMissing(nodeId)) leftOut(`options.state.nodeId (${quote(nodeId)})`)
  const list: unknown[] = Array.isArray(nodes) ? nodes : isMissing(nodes) ? [] : [nodes]
  const servers = list.map(readServer)
  const unread = list.filter((_, i) => !servers[i])
  if (unread.length > 0)
    leftOut(`${unread.length} of ${list.length} places in options.state.nodes (${quote(unread[0])})`)
  const isRecord = typeof values === 'object' && values !== null && !(Symbol.iterator in values)
  if (!isRecord && !isMissing(values)) leftOut(`options.state.values (${quote(values)})`)
  return {
    id,
    nodes: servers.flatMap(server => server ?? []),
    values: isRecord ? readFields(values) : {},
    isBlocked: isBlocked === true,
    warnings
  }
}

/** A field that throws is `undefined`, and so no value. */
function readFields(values: object): Record<string, unknown> {
  const read = (key: string): unknown => {
    try {
      return (values as Record<string, unknown>)[key]
    } catch {
      return undefined
    }
  }
  return Object.fromEntries(Object.keys(values).map(key => [key, read(key)]))
}

function readNodeId(value: unknown, idLength: number): Id | undefined {
  try {
    return readId('options.state.nodeId', value, idLength)
  } catch {
    return undefined // the caller says so
  }
}

/** A URL is none of those that `toJSON` gives. */
function readServer(value: unknown): HttpServerInfo | undefined {
  try {
    const place = typeof value === 'object' ? parsePlace(value) : undefined
    const { scheme } = (value ?? {}) as Record<string, unknown>
    const isKnown = scheme === 'https' || scheme === 'http'
    return place && { host: place.host, port: place.port, ...(isKnown && { scheme }) }
  } catch {
    return undefined // its fields throw
  }
}
