#!/usr/bin/env node
/**
 * Probes a node from outside: `npm run conformance -- http://127.0.0.1:16881`. It joins twice, as the nodes B and C, plays newcomer, asker,
 * relay, target and full node, and says of each requirement of bep.md that it can see whether the node keeps it. The node should be alone:
 * the prober counts on B and C being its only neighbours.
 */

import { fileURLToPath } from 'node:url'
import { createOffer, End } from './probes/end.mjs'
import { introducing } from './probes/introducing.mjs'
import { joining } from './probes/joining.mjs'
import { messages } from './probes/messages.mjs'
import { routing } from './probes/routing.mjs'
import { storing } from './probes/storing.mjs'
import { idOf } from './probes/wire.mjs'

/** Each: the number of the requirement, what it says, and a check that throws. */
const probes = [...joining, ...messages, ...storing, ...introducing, ...routing]

/**
 * Probes the node with a server at a URL.
 *
 * @param only numbers of requirements; left out: all that can be probed
 * @param onResult is told each result at once
 * @returns for each requirement its number, what it says, and the problem, `null` if it is kept
 */
export async function probe(url, { only = null, onResult = () => {} } = {}) {
  const b = await End.join(url, { id: idOf('B') })
  const c = await End.join(url, { id: idOf('C') })
  const offer = await createOffer()
  const context = { url, b, c, offer, node: Buffer.from(b.answer.id, 'hex'), newcomers: [] }
  for (const end of [b, c]) await end.query('ping')
  const results = []
  for (const [must, title, run] of probes) {
    if (only && !only.includes(must)) continue
    results.push({ must, title, problem: await problemOf(run, context) })
    onResult(results.at(-1))
    for (const end of [b, c]) end.forget()
    for (const end of context.newcomers.splice(0)) end.close()
  }
  for (const end of [b, c]) end.close()
  offer.connection.close()
  return results
}

async function problemOf(run, context) {
  try {
    await run(context)
    return null
  } catch (error) {
    return error.message
  }
}

function print({ must, title, problem }) {
  console.log(problem === null ? `pass ${must}: ${title}` : `FAIL ${must}: ${title}: ${problem}`)
}

async function main([url = '', ...only]) {
  const unknown = only.filter(must => !probes.some(([known]) => known === must))
  if (!/^https?:/.test(url)) console.error('usage: npm run conformance -- http://host:port [M23 M57 …]')
  else if (unknown.length > 0) console.error(`not among the probes: ${unknown.join(', ')}`)
  else return report(url, only)
  return 2
}

async function report(url, only) {
  try {
    const results = await probe(url, { only: only.length > 0 ? only : null, onResult: print })
    const kept = results.filter(({ problem }) => problem === null)
    console.log(`\n${kept.length} of ${results.length} are kept`)
    return kept.length === results.length ? 0 : 1
  } catch (error) {
    console.error(`${url} cannot be joined: ${error.cause?.message ?? error.message}`)
    return 2
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exit(await main(process.argv.slice(2)))
