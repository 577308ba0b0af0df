#!/usr/bin/env node
/**
 * Probes a node from outside, and says of each requirement of bep.md that it can see whether the node keeps it.
 *
 * `npm run conformance -- http://127.0.0.1:16881` joins at a node with a server, twice, as the nodes B and C. The node should be alone: the
 * prober counts on B and C being its only neighbours. `npm run conformance -- --listen 16881` is the bootstrap node B of a node that joins.
 */

import { fileURLToPath } from 'node:url'
import { arriving } from './newcomer/arriving.mjs'
import { listen } from './newcomer/host.mjs'
import { overLinks } from './newcomer/link-server.mjs'
import { Network } from './newcomer/network.mjs'
import { overTrackers } from './newcomer/tracker.mjs'
import { createOffer } from './probes/connections.mjs'
import { End } from './probes/end.mjs'
import { introducing } from './probes/introducing.mjs'
import { joining } from './probes/joining.mjs'
import { links } from './probes/links.mjs'
import { messages } from './probes/messages.mjs'
import { routing } from './probes/routing.mjs'
import { storing } from './probes/storing.mjs'
import { idOf } from './probes/wire.mjs'

/** Each: the number of the requirement, what it says, and a check that throws. */
const ofNeighbours = [...messages, ...storing, ...introducing, ...routing]
const ofServers = [...joining, ...links, ...ofNeighbours]
const ofNewcomers = [...arriving, ...overTrackers, ...overLinks, ...ofNeighbours]

const USAGE = `usage: npm run conformance -- http://host:port [M23 M57 …]
       npm run conformance -- --listen [port] [M23 M57 …]`

/**
 * Probes the node with a server at a URL.
 *
 * @param only numbers of requirements; left out: all that can be probed
 * @param onResult is told each result at once
 * @returns for each requirement its number, what it says, and the problem, `null` if it is kept
 */
export async function probe(url, options = {}) {
  const b = await End.join(url, { id: idOf('B') })
  const c = await End.join(url, { id: idOf('C') })
  const context = { url, b, c, node: Buffer.from(b.answer.id, 'hex') }
  return await runWith(context, ofServers, options)
}

/**
 * Waits for a node that joins, and probes it.
 *
 * @param port 0: any that is free
 * @param onListening is told the URL that the node needs in `bootstrap`, and those that it can have besides: see conformance/README.md
 * @returns the same as `probe`
 */
export async function probeNewcomer({ port = 0, onListening = () => {}, ...options } = {}) {
  const network = await Network.open()
  const host = await listen(port, offer => network.letIn(offer, host.serverInfo))
  try {
    onListening(host.url, host.others)
    await host.whenCome
    const { tracker, links } = host
    await network.whenOver(() => [tracker, links].every(({ isUsed, isOver }) => !isUsed || isOver))
    const [b, c] = [network.open('B'), network.open('C')]
    if (!b) throw new Error('no connection opens')
    const arrived = { host, network, b, node: network.id, newcomers: [] }
    const seen = [
      ...arriving,
      ...(tracker.isUsed ? overTrackers : []),
      ...(links.begun.length > 0 ? overLinks : [])
    ]
    const results = await runAll(seen, arrived, options)
    network.leave()
    return c ? [...results, ...(await runWith({ b, c, node: network.id }, ofNeighbours, options))] : results
  } finally {
    host.close()
    network.close()
  }
}

/** Runs probes with an offer to be passed on, and closes all. */
async function runWith(given, probes, options) {
  const { b, c } = given
  const offer = await createOffer()
  for (const end of [b, c]) await end.query('ping')
  for (const end of [b, c]) end.forget()
  const results = await runAll(probes, { ...given, offer, newcomers: [] }, options)
  for (const { connection } of [b, c, offer]) connection.close()
  return results
}

async function runAll(probes, context, { only = null, onResult = () => {} }) {
  const results = []
  for (const [must, title, run] of probes) {
    if (only && !only.includes(must)) continue
    results.push({ must, title, problem: await problemOf(run, context) })
    onResult(results.at(-1))
    for (const end of [context.b, context.c]) end?.forget()
    for (const end of context.newcomers.splice(0)) end.close()
  }
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

async function main([first = '', ...others]) {
  const isListening = first === '--listen'
  const [port = '0'] = isListening && /^\d+$/.test(others[0]) ? others.splice(0, 1) : []
  const known = isListening ? ofNewcomers : ofServers
  const unknown = others.filter(must => !known.some(([number]) => number === must))
  const options = { only: others.length > 0 ? others : null, onResult: print }
  if (!isListening && !/^https?:/.test(first)) console.error(USAGE)
  else if (unknown.length > 0) console.error(`not among the probes: ${unknown.join(', ')}`)
  else if (!isListening) return report(probe(first, options), `${first} cannot be joined`)
  else {
    const onListening = (url, others) =>
      console.log(`waiting for a node with ${url} in \`bootstrap\`, and if it likes ${others.join(' ')}`)
    return report(probeNewcomer({ port: Number(port), onListening, ...options }), 'no node could join')
  }
  return 2
}

async function report(probing, failure) {
  try {
    const results = await probing
    const kept = results.filter(({ problem }) => problem === null)
    console.log(`\n${kept.length} of ${results.length} are kept`)
    return kept.length === results.length ? 0 : 1
  } catch (error) {
    console.error(`${failure}: ${error.cause?.message ?? error.message}`)
    return 2
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exit(await main(process.argv.slice(2)))
