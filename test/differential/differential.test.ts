/**
 * 1,000 random calls of bittorrent-dht over UDP and of this package, in networks of the same shape: what comes of each is the same, or
 * a difference that docs/migrating.md names.
 */

import { deepEqual } from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import fc from 'fast-check'
import test from 'tape'
import { nodePlatform } from '../../src/platform-node.js'
import { OURS, UPSTREAM } from '../helpers/implementations.js'
import { watchProcess } from '../helpers/nodes.js'
import { anyCall, type Call } from './calls.js'
import { ANY_STATE, differences } from './differences.js'
import { Network } from './network.js'
import { Names, type Outcome, play } from './playing.js'

const CALLS = 1000
/** Sequences: of some ten calls each. */
const RUNS = 110
const SEED = 20
const TEST_TIMEOUT = 10 * 60_000
const DOCUMENT = new URL('../../../docs/migrating.md', import.meta.url)

test('1,000 random calls have the outcomes of bittorrent-dht, but for the documented differences', {
  timeout: TEST_TIMEOUT
}, async t => {
  await nodePlatform.loadWebRTC()
  const { crashes, stop } = watchProcess()
  const [upstream, ours] = await Promise.all([Network.create(UPSTREAM), Network.create(OURS)])
  const used = new Set<string>()
  let made = 0
  /** Makes the calls of one sequence, each on a node of both networks. @throws AssertionError */
  const compare = async (calls: Call[]): Promise<void> => {
    const names = new Names()
    const [theirs, own] = await Promise.all([upstream.createNode(), ours.createNode()])
    try {
      for (const call of calls) {
        made++
        const wanted = asOurs(call, await play(call, theirs, names, upstream), used, names)
        const found = likeThis(call, await play(call, own, names, ours), wanted)
        deepEqual(plain(found), plain(wanted))
        if (call.do === 'put') names.note(call, found)
      }
    } finally {
      await Promise.all([upstream.remove(theirs), ours.remove(own)])
    }
  }
  const sequences = fc.array(anyCall, { minLength: 1, maxLength: 20, size: 'max' })
  const property = fc.asyncProperty(sequences, async calls => compare(calls))
  const details = await fc.check(property, { seed: SEED, numRuns: RUNS, endOnFailure: false })
  if (details.failed) t.fail(`${fc.defaultReportMessage(details)}\n${details.errorInstance}`)
  t.ok(made >= CALLS || details.failed, `${made} calls`)
  const shown = differences.filter(({ change }) => change).map(({ name }) => name)
  t.deepEqual(
    shown.filter(name => !used.has(name)),
    [],
    'each difference that calls can show was there'
  )
  t.deepEqual(crashes, [])
  await Promise.all([upstream.destroy(), ours.destroy()])
  stop()
})

test('docs/migrating.md has the same differences', async t => {
  const text = await readFile(DOCUMENT, 'utf8')
  const section = text.slice(text.indexOf('## Differences to bittorrent-dht')).split('\n## ')[0] ?? ''
  const rows = [...section.matchAll(/^\| (.+?) \| .* \| .* \|$/gm)].map(([, name]) => name)
  const names = rows.filter(name => name && !/^(---|$)/.test(name))
  t.deepEqual(
    names,
    differences.map(({ name }) => name)
  )
})

/** What should come of a call here, as it came of upstream's. Notes which differences it shows. */
function asOurs(call: Call, outcome: Outcome, used: Set<string>, names: Names): Outcome {
  const wanted = plain(outcome)
  for (const { name, change } of differences) {
    const before = JSON.stringify(wanted)
    change?.(call, wanted, names)
    if (JSON.stringify(wanted) !== before) used.add(name)
  }
  return wanted
}

/** Our outcome without what is a matter of time, or differs from node to node. */
function likeThis(call: Call, outcome: Outcome, wanted: Outcome): Outcome {
  if (wanted.returned === ANY_STATE && outcome.returned) return { ...outcome, returned: ANY_STATE }
  if (call.do === 'lookup' && call.isStopped) {
    const isOne = outcome.callbacks?.length === 1 && outcome.callbacks[0]?.[0] === null
    return { ...outcome, callbacks: isOne ? [[null, 'some']] : (outcome.callbacks ?? []) }
  }
  if (call.do !== 'announce' || call.port) return outcome
  return { ...outcome, told: outcome.told?.map(line => line.replace(/\d+$/, 'any')) ?? [] }
}

/** An outcome without what is `undefined`. */
function plain(outcome: Outcome): Outcome {
  return JSON.parse(JSON.stringify(outcome))
}
