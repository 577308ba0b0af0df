/**
 * Two connected nodes in the main thread, beside worker threads that each make a node: two at the same time, then a third. A worker
 * ends as the argument says. Prints what the workers and the main thread say, as JSON.
 */

import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import WebTorrentDHT from '../../../src/index.js'
import { nodePlatform } from '../../../src/platform-node.js'
import { createPair, destroyAll, placeOf } from '../../helpers/nodes.js'

const KEY = Buffer.alloc(20, 7)

if (isMainThread) await inMainThread(process.argv[2] ?? 'destroy')
else await inWorker(workerData)

async function inMainThread(end: string): Promise<void> {
  const nodes = end === 'alone' ? [] : await createPair()
  const [first, second] = nodes
  const data = { end, place: first ? placeOf(first) : '127.0.0.1:1' }
  const said = await Promise.all([runWorker(data), runWorker(data)])
  said.push(await runWorker(data))
  const found = second && (await new Promise(resolve => second.lookup(KEY, (_, count) => resolve(count))))
  console.log(JSON.stringify({ said, found }))
  await destroyAll(...nodes)
}

async function runWorker(data: { end: string; place: string }): Promise<unknown> {
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: data })
  const exit = new Promise(resolve => worker.once('exit', resolve)) // `once` of node:events rejects at 'error'
  worker.on('error', () => {}) // thrown on purpose
  const said = await new Promise(resolve => worker.once('message', resolve))
  if (data.end === 'terminate') await worker.terminate()
  await exit
  return said
}

async function inWorker({ end, place }: { end: string; place: string }): Promise<void> {
  const reason = await nodePlatform.loadWebRTC().then(
    () => '',
    (error: Error) => error.message
  )
  const node = new WebTorrentDHT({ bootstrap: place })
  // `once` of node:events rejects at 'error', which says that there is no WebRTC
  if (end === 'destroy') await new Promise<void>(resolve => node.once('ready', resolve))
  parentPort?.postMessage({ reason, nodes: node.nodes.count() })
  if (end === 'throw') throw new Error('on purpose')
  if (end === 'exit') process.exit()
  if (end === 'terminate') return
  await destroyAll(node)
}
