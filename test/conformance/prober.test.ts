/** The prober of the conformance kit: it finds nothing wrong with this node, and finds nodes that are broken by what they break. */

import test, { type Test } from 'tape'
import { text as bep } from '../docs/bep-text.js'
import { createNode, destroyAll, placeOf } from '../helpers/nodes.js'
import { BROKEN, type Broken, breakNode } from './broken-nodes.js'

interface Result {
  must: string
  title: string
  problem: string | null
}

type Probe = (url: string, settings: { only: readonly string[] | null }) => Promise<Result[]>

const PROBER = new URL('../../../conformance/prober.mjs', import.meta.url)

/** Probes a node. @param only the requirements that are probed; `null`: all */
async function probeNode(t: Test, only: readonly string[] | null, broken?: Broken): Promise<Result[]> {
  const { probe }: { probe: Probe } = await import(PROBER.href)
  const node = await createNode(broken?.options)
  const mend = broken && breakNode(node, broken)
  t.teardown(async () => {
    mend?.()
    await destroyAll(node)
  })
  return probe(`http://${placeOf(node)}`, { only })
}

test('the prober finds all requirements kept that can be seen from outside', {
  timeout: 120_000
}, async t => {
  const results = await probeNode(t, null)
  for (const { must, title, problem } of results) t.equal(problem, null, `${must}: ${title}`)
  t.equal(new Set(results.map(({ must }) => must)).size, results.length, 'no number twice')
  t.deepEqual(
    results.map(({ must }) => must).filter(must => !bep.includes(`**${must}** `)),
    [],
    'all are in bep.md'
  )
})

for (const broken of BROKEN) {
  test(`the prober finds that ${broken.what}`, { timeout: 60_000 }, async t => {
    const results = await probeNode(
      t,
      BROKEN.map(({ must }) => must),
      broken
    )
    const found = results.filter(({ problem }) => problem !== null).map(({ must }) => must)
    t.deepEqual(found, [broken.must])
  })
}
