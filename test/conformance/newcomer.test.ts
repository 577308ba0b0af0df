/** The prober that a node joins: it finds nothing wrong with this node, and finds newcomers that are broken by what they break. */

import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import test, { type Test } from 'tape'
import { text as bep } from '../docs/bep-text.js'
import { type Probed, probeNewcomer } from '../helpers/listening-prober.js'
import { BROKEN_NEWCOMERS } from './broken-newcomers.js'

const NODE = fileURLToPath(new URL('newcomer-node.js', import.meta.url))
/** With all that a node can have besides the bootstrap node. */
const PROBES = 90

/** Has a node join the prober. @param only the requirements that are probed; left out: all */
function probeNode(t: Test, only?: readonly string[], broken: string[] = []): Promise<Probed[]> {
  return probeNewcomer((url, others) => {
    const urls = broken.length === 0 ? [url, ...others] : [url]
    const child = fork(NODE, [urls.join(), ...broken], { silent: true })
    const exited = new Promise(resolve => child.once('exit', resolve))
    t.teardown(() => {
      child.kill()
      return exited
    })
  }, only)
}

test('the prober finds all requirements of a newcomer kept', { timeout: 120_000 }, async t => {
  const probed = await probeNode(t)
  for (const { must, isKept, text } of probed) t.ok(isKept, `${must}: ${text}`)
  t.equal(probed.length, PROBES)
  t.deepEqual(
    probed.map(({ must }) => must).filter(must => !bep.includes(`**${must}** `)),
    [],
    'all are in bep.md'
  )
})

test('the prober finds of broken newcomers what they break', { timeout: 120_000 }, async t => {
  const musts = BROKEN_NEWCOMERS.map(({ must }) => must)
  // They wait most of the time, so all do at once.
  const runs = BROKEN_NEWCOMERS.map(async broken => ({
    ...broken,
    probed: await probeNode(t, musts, [broken.must])
  }))
  for (const { must, what, probed } of await Promise.all(runs)) {
    t.equal(probed.length, musts.length, `${must}: so many probes`)
    t.deepEqual(
      probed.flatMap(({ must, isKept }) => (isKept ? [] : [must])),
      [must],
      what
    )
  }
})
