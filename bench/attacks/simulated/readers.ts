/** Two nodes that are connected to everybody. How many lookups of others do they read? */

import { answerWith } from '../../../test/helpers/answers.js'
import { createMessageParser, type Inbound } from '../../../test/helpers/parse.js'
import type { SimulatedNode } from '../../../test/simulation/node.js'
import type { World } from './world.js'

const SECONDS = 1000
const READERS = 2
const ID_BYTES = 20
/** Time to connect to everybody, and to be told of by everybody. */
const SETTLING = 120 * SECONDS
const PAUSE = 0.2 * SECONDS

export interface ReaderFigures {
  /** Share of the honest nodes that a reader is connected to. */
  connected: number
  lookups: number
  /** Lookups of which a reader saw the hash. */
  read: number
  /** Lookups of which more than one query went through the same reader. */
  readTwice: number
  /** Queries of lookups that were sent over a route, and those over a reader. */
  queries: number
  overReaders: number
}

export async function readLookups(world: World, lookups: number): Promise<ReaderFigures> {
  const { clock, random } = world
  const readers = await join(world)
  const seen = new Map<string, number>()
  const figures = { connected: 0, lookups, read: 0, readTwice: 0, queries: 0, overReaders: 0 }
  const wanted = new Set<string>()
  watch(world, readers, wanted, seen, figures)
  for (let i = 0; i < lookups; i++) {
    const [asker] = world.pick(1)
    const infoHash = random.bytes(ID_BYTES)
    wanted.add(infoHash.toString('hex'))
    if (asker) clock.schedule(asker.host, 0, () => asker.dht.lookup(infoHash, () => {}))
    await clock.sleep(PAUSE)
  }
  await clock.sleep(5 * SECONDS)
  const honest = new Set(world.honest.map(({ host }) => host))
  const links = readers.flatMap(({ host }) => host.neighbours.filter(other => honest.has(other)))
  figures.connected = links.length / readers.length / world.honest.length
  figures.read = seen.size
  figures.readTwice = [...seen.values()].filter(count => count > 1).length
  return figures
}

async function join({ population, clock, honest }: World): Promise<SimulatedNode[]> {
  const readers: SimulatedNode[] = []
  for (let i = 0; i < READERS; i++) readers.push(await population.add({ maxConnections: 4 * honest.length }))
  for (let waited = 0; waited < SETTLING; waited += 10 * SECONDS) {
    for (const { host, dht } of readers) {
      clock.schedule(host, 0, () => {
        for (const { id } of honest) if (!dht.socket.get_id_mapping(id)) void dht.connect(id).catch(() => {})
      })
    }
    await clock.sleep(10 * SECONDS)
  }
  return readers
}

/** Notes what readers are asked, and what they pass on. */
function watch(
  { network }: World,
  readers: SimulatedNode[],
  wanted: Set<string>,
  seen: Map<string, number>,
  figures: ReaderFigures
): void {
  const hosts = new Set(readers.map(({ host }) => host))
  const see = (infoHash: Buffer) => {
    const key = infoHash.toString('hex')
    if (wanted.has(key)) seen.set(key, (seen.get(key) ?? 0) + 1)
  }
  for (const { dht } of readers) {
    answerWith(dht, 'get_peers', (args, _, answer) => {
      see((args as { info_hash: Buffer }).info_hash)
      return answer()
    })
  }
  const parse = createMessageParser(ID_BYTES)
  network.onMessage = (from, data) => {
    const message = parse(data)
    if (message.kind !== 'frame' || message.frame.payload === null) return
    const infoHash = hashOf(parse(message.frame.payload))
    if (!infoHash || !wanted.has(infoHash.toString('hex'))) return
    if (message.frame.position === 1) figures.queries++
    else if (hosts.has(from)) {
      figures.overReaders++
      see(infoHash)
    }
  }
}

function hashOf(message: Inbound): Buffer | undefined {
  return message.kind === 'query' ? (message.args.info_hash as Buffer | undefined) : undefined
}
