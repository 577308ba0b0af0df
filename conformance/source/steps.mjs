/** The steps of transcripts, as README.md describes them. */

import { ids } from './notation.mjs'

export const named = name => ({ var: name })
export const query = (at, from, t, method, args = {}) => ({ at, from, t, query: method, args })
export const reply = (at, to, t, values = {}) => ({ at, to, t, reply: values })
export const error = (at, to, t, code) => ({ at, to, t, error: code })
/** A query of A's. Its transaction id is A's choice: `name` stands for it. */
export const asks = (at, to, name, method, args = {}) => ({ at, to, t: named(name), query: method, args })
export const replies = (at, from, name, values = {}) => ({ at, from, t: named(name), reply: values })
export const closes = (at, from) => ({ at, from, closes: true })
export const isClosed = (at, to) => ({ at, to, closes: true })
export const fallsSilent = (at, from) => ({ at, from, silent: true })
export const wants = (at, node) => ({ at, wants: ids(node) })
export const opens = (at, from) => ({ at, from, opens: true })

/** @param more the neighbours of A, if they are not B and C; whom they name; the time at 0 */
export const transcript = (name, must, steps, more = {}) => ({
  name,
  must,
  neighbours: 'BC',
  ...more,
  steps: numbered(steps.flat(Number.POSITIVE_INFINITY))
})

/** Transaction ids are short. */
function numbered(steps) {
  const labels = [...new Set(steps.flatMap(({ t }) => (typeof t === 'string' ? t : [])))]
  return steps.map(step => (typeof step.t === 'string' ? { ...step, t: `q${labels.indexOf(step.t)}` } : step))
}

/** The info hash that is announced. */
export const HASH = ids('D')

/** A neighbour gets a token at A. */
export const getsToken = (at, from, infoHash = HASH, name = `token of ${from} at ${at}`) => [
  query(at, from, name, 'get_peers', { info_hash: infoHash }),
  reply(at, from, name, { token: named(name) })
]
