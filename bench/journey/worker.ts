/** A process of `journey.ts`: a node with neighbours in memory, one of which asks it while a thread steps through the code. */

import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { serve } from '../../test/helpers/child.js'
import { startOverWebRTC } from '../memory/over-webrtc.js'
import { createQueries, type Draw, isOutcome, randomId, type Said } from '../memory/queries.js'
import { createRandom } from '../options.js'
import type { Order } from './stepper.js'

const BUILD = new URL('../../', import.meta.url).href
const STEPPER = fileURLToPath(new URL('stepper.js', import.meta.url))
/** Queries before: what is done once is done, and the thread learns the way. */
const WARM_UP = 100
const KIND = 'find_node'

let stepper: Worker | undefined
let draw: Draw | undefined

async function start(neighbours: number, seed: number): Promise<void> {
  const random = createRandom(seed)
  const ids = Array.from({ length: neighbours }, () => randomId(random))
  draw = { node: await startOverWebRTC(ids), random, popular: [] }
  stepper = new Worker(STEPPER, { workerData: BUILD })
  await nextMessage(stepper)
  for (const said of createQueries(KIND, WARM_UP, draw)) await ask(draw, said)
  await tell(stepper, 'learn')
}

/** Lets the thread watch one query; gives the URLs of the files, one for each statement or step. */
async function travel(scope: 'own' | 'all'): Promise<string[]> {
  if (!draw || !stepper) throw new Error('the node was not started')
  const [said] = createQueries(KIND, 1, draw)
  await tell(stepper, scope)
  const urls = nextMessage<string[]>(stepper)
  if (said) await ask(draw, said)
  return urls
}

async function tell(worker: Worker, order: Order): Promise<void> {
  const ready = nextMessage(worker)
  worker.postMessage(order)
  await ready
}

function ask({ node }: Draw, { neighbour, bytes }: Said): Promise<void> {
  return new Promise(resolve => {
    node.neighbours.onSent = sent => {
      if (isOutcome(KIND, sent)) resolve()
    }
    node.tell(neighbour, bytes)
  })
}

function nextMessage<Message>(worker: Worker): Promise<Message> {
  return new Promise((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}

async function destroy(): Promise<void> {
  await stepper?.terminate()
  await draw?.node.destroy()
  process.disconnect()
}

process.on('disconnect', () => process.exit(0))
serve({ start, travel, destroy })
