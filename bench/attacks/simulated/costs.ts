/** What joining, a lookup, a put and a dial cost in a settled network. */

import type { SimulatedNode } from '../../../test/simulation/node.js'
import { Cost, Meter } from '../../../test/simulation/scale/meter.js'
import type { World } from './world.js'

const SECONDS = 1000
const PAUSE = 1 * SECONDS
const PROTOCOL = 'cost'

export interface CostFigures {
  /** Means of one call: messages and bytes on data channels, `RTCPeerConnection`s made by anybody. */
  messages: number
  bytes: number
  made: number
  /** Time until it was done, in mean round trips of the network. */
  roundTrips: number
  done: number
  total: number
}

export type Costs = Record<'join' | 'lookup' | 'put' | 'dial', CostFigures>

export async function measureCosts(world: World, times: number): Promise<Costs> {
  new Meter(world.network)
  const { random } = world
  for (const { dht } of world.honest) dht.handle(PROTOCOL, dial => void dial.accept())
  return {
    join: await join(world, times),
    lookup: await measure(world, times, (node, done) => node.dht.lookup(random.bytes(20), done)),
    put: await measure(world, times, (node, done) => node.dht.put({ v: random.bytes(100) }, done)),
    dial: await measure(world, times, (node, done) => {
      const [target] = world.pick(1)
      if (target) node.dht.dial(target.dht.nodeId, PROTOCOL).then(() => done(null), done)
    })
  }
}

async function measure(
  world: World,
  times: number,
  call: (node: SimulatedNode, done: (error?: unknown) => void) => void
): Promise<CostFigures> {
  const results: Result[] = []
  for (let i = 0; i < times; i++) {
    const [node] = world.pick(1)
    if (!node) continue
    const cost = new Cost(node.host)
    const startedAt = world.clock.now
    const error = await world.call(node, done => {
      world.clock.cause = cost
      call(node, error => done(error ?? null))
    })
    results.push({ cost, time: world.clock.now - startedAt, isDone: error === null })
    await world.clock.sleep(PAUSE)
  }
  return describe(world, results)
}

async function join(world: World, times: number): Promise<CostFigures> {
  const { clock, population } = world
  const results: Result[] = []
  let cost: Cost | undefined
  population.onStart(({ host }) => {
    cost = new Cost(host)
    clock.cause = cost
  })
  for (let i = 0; i < times; i++) {
    const startedAt = clock.now
    const node = await population.add()
    await clock.sleep(5 * SECONDS)
    if (cost)
      results.push({ cost, time: (node.readyAt ?? clock.now) - startedAt, isDone: node.readyAt !== null })
  }
  return describe(world, results)
}

interface Result {
  cost: Cost
  time: number
  isDone: boolean
}

function describe({ network }: World, results: Result[]): CostFigures {
  const mean = (of: (result: Result) => number) =>
    results.reduce((sum, result) => sum + of(result), 0) / results.length
  return {
    messages: mean(({ cost }) => cost.messages),
    bytes: mean(({ cost }) => cost.bytes),
    made: mean(({ cost }) => cost.made),
    roundTrips: mean(({ time }) => time) / network.meanRoundTrip,
    done: results.filter(({ isDone }) => isDone).length,
    total: results.length
  }
}
