/** Where this package is not as bittorrent-dht is: the rows of the table in docs/migrating.md, by their names, with the reason of each. */

import type { Call } from './calls.js'
import { SIZE } from './network.js'
import type { Names, Outcome } from './playing.js'

export interface Difference {
  /** The first cell of its row. */
  name: string
  because: string
  /** Makes upstream's outcome ours; does nothing where the row is not about the call. Missing: calls do not show the difference. */
  change?(call: Call, outcome: Outcome, names: Names): void
}

/** In the place of a state that upstream cannot make. */
export const ANY_STATE = 'a state'

const CALLING_BACK = ['lookup', 'announce', 'put', 'get']

export const differences: Difference[] = [
  { name: 'Transport', because: 'pages have no UDP' },
  { name: 'First contact', because: 'pages can ask only over HTTP before they are connected' },
  { name: '`listen`', because: 'connections are made by signals: nodes that nobody joins at need no port' },
  {
    name: "`'peer'`",
    because: 'each of the nodes that store an announcement names it',
    change(call, outcome) {
      if (call.do === 'lookup') outcome.peers = [...new Set(outcome.peers ?? [])]
    }
  },
  { name: 'Default port', because: 'who joins needs a known one' },
  { name: '`k`', because: 'each node in the table is a connection' },
  { name: '`host` and `port` of a node', because: 'a connection has no address that others can use' },
  {
    name: '`announce` without `port`',
    because: 'each node sees another port of WebRTC',
    change(call, outcome) {
      if (call.do === 'announce' && !call.port)
        outcome.told = (outcome.told ?? []).map(line => line.replace(/\d+$/, 'any'))
    }
  },
  { name: 'A node that is gone', because: 'connections tell that they are closed' },
  { name: 'An announcement', because: 'the connection tells whether the announcer is there' },
  { name: 'A stored value', because: 'nodes in pages come and go' },
  { name: 'A token', because: 'hosts are shared, and change' },
  { name: 'Stored values', because: 'a page has no package to take it from' },
  {
    name: 'A wrong argument',
    because: 'the mistake is told where it is made',
    change(call, outcome) {
      if (call.do === 'wrong') outcome.thrown = true
    }
  },
  {
    name: 'A value of `put` that bencode does not have whole',
    because: 'nobody would find what was put'
  },
  {
    name: '`seq` and `cas` below 0 or above 2^53 − 1, an empty `salt`',
    because: 'JavaScript has no such integers'
  },
  {
    name: 'The same version put again',
    because: 'BEP 44: that renews it',
    change(call, outcome, names) {
      const isRefused = outcome.callbacks?.[0]?.[0] === '302'
      if (call.do === 'put' && isRefused && names.isStored(call, outcome))
        outcome.callbacks = [[null, outcome.returned, SIZE]]
    }
  },
  { name: 'A put that failed', because: 'the own store changes only when the network took it' },
  {
    name: 'A `sign` that throws, or returns a promise',
    because: 'every call calls back; WebCrypto signs asynchronously'
  },
  {
    name: 'Text within a value that was put here',
    because: 'it is the same wherever it is found',
    change(call, outcome) {
      const value = outcome.callbacks?.[0]?.[1]
      if (call.do === 'get' && typeof value === 'object' && value !== null && 'v' in value)
        value.v = toBytes(value.v)
    }
  },
  { name: '`get` of a signed value that is stored here', because: 'the own copy may be old' },
  {
    name: '`get` of an immutable value with `salt`',
    because: 'its key has no salt',
    change(call, outcome) {
      const [found] = outcome.callbacks ?? []
      const value = found?.[1]
      const isImmutable = typeof value === 'object' && value !== null && !('k' in value)
      if (call.do === 'get' && call.salt === 'wrong' && isImmutable) outcome.callbacks = [[null, null]]
    }
  },
  {
    name: 'A lookup that is stopped',
    because: 'what is not wanted any more is not waited for',
    change(call, outcome) {
      if (call.do === 'lookup' && call.isStopped) outcome.callbacks = [[null, 'some']]
    }
  },
  {
    name: '`toJSON()`',
    because: '`state` restores all of a node',
    change(call, outcome) {
      if (call.do !== 'toJSON') return
      if (outcome.thrown) {
        delete outcome.thrown // a number has no hex digits
        outcome.returned = ANY_STATE
        return
      }
      const { fields, values } = outcome.returned as { fields: string[]; values: unknown }
      outcome.returned = { fields: ['nodeId', ...fields], values }
    }
  },
  {
    name: '`address()` of a node that does not listen',
    because: 'it has none, and that is no mistake',
    change(_, outcome) {
      for (const step of outcome.steps ?? []) if (step.step === 'address') step.isThrown = false
    }
  },
  {
    name: 'A call while its node is destroyed, or later',
    because: 'every call calls back once, with a code',
    change(_, outcome) {
      for (const step of outcome.steps ?? []) {
        if (!CALLING_BACK.includes(step.step)) continue
        step.calls = 1
        step.isThrown = false
      }
    }
  }
]

/** A value as it comes out of JSON, with bytes in the place of text. */
function toBytes(value: unknown): unknown {
  if (typeof value === 'string') return Buffer.from(value).toJSON()
  if (Array.isArray(value)) return value.map(toBytes)
  if (typeof value !== 'object' || value === null || ('type' in value && value.type === 'Buffer'))
    return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, toBytes(inner)]))
}
