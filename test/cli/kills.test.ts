/**
 * A serving node with `--data` is killed during puts, again and again: what it has acknowledged is there after each restart.
 * `npm run test:kills` does it 100 times.
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import test from 'tape'
import WebTorrentDHT from '../../src/index.js'
import { destroyAll, within } from '../helpers/nodes.js'
import { type Served, serve } from './program.js'

/** `npm test` passes none. */
const KILLS = Number(process.argv[2] ?? 5)
/** Puts that are under way at the same time: some are written to the disk together. */
const AT_ONCE = 8
/** Milliseconds after the first acknowledged put within which it is killed. */
const KILLED_WITHIN = 150
const NO_LIMITS = [
  ...['--max-values', '1000000', '--limits.stores', '10000', '--limits.valuesPerNode', '1000000'],
  ...['--limits.queries', '10000', '--limits.messages', '10000']
]
const JOINING_TIME = 20_000

async function joinAt({ port }: Served): Promise<WebTorrentDHT> {
  const dht = new WebTorrentDHT({
    bootstrap: `127.0.0.1:${port}`,
    simple_peer_opts: { config: { iceServers: [] } }
  })
  dht.on('warning', () => {}) // the node was killed
  await within('joining', dht.promises.ready(), JOINING_TIME)
  return dht
}

/** Puts values until the node is killed. @returns the acknowledged ones, by key */
async function putUntilKilled(served: Served, name: string): Promise<Map<string, string>> {
  const dht = await joinAt(served)
  const acknowledged = new Map<string, string>()
  let isKilled = false
  let kill = () => {}
  const killed = new Promise<void>(resolve => {
    kill = resolve
  }).then(async () => {
    await pause(Math.random() * KILLED_WITHIN)
    await served.stop('SIGKILL')
    isKilled = true
  })
  const putOneByOne = async (lane: number) => {
    for (let i = 0; !isKilled; i++) {
      const value = `${name} ${lane} ${i}`
      const put = await dht.promises.put(value).catch(() => null)
      if (!put || put.nodes === 0) continue
      acknowledged.set(put.key.toString('hex'), value)
      kill()
    }
  }
  const lanes = Array.from({ length: AT_ONCE }, (_, lane) => putOneByOne(lane))
  await killed
  await destroyAll(dht)
  await Promise.all(lanes)
  return acknowledged
}

/** How many of these values the node does not have. */
async function countMissing(served: Served, values: Map<string, string>): Promise<number> {
  const dht = await joinAt(served)
  let missing = 0
  for (const [key, value] of values) {
    const found = await dht.promises.get(key)
    if (String(found?.v) !== value) missing++
  }
  await destroyAll(dht)
  return missing
}

test(`what a node has acknowledged is there after it was killed, ${KILLS} times`, async t => {
  const folder = mkdtempSync(join(tmpdir(), 'webtorrent-dht-kills-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const start = () => serve(['--data', folder, ...NO_LIMITS])
  let served = await start()
  t.teardown(() => served.stop('SIGKILL'))
  let count = 0
  let missing = 0
  let output = ''
  for (let kill = 1; kill <= KILLS; kill++) {
    const acknowledged = await putUntilKilled(served, `kill ${kill}`)
    output += served.output()
    served = await start()
    count += acknowledged.size
    missing += await countMissing(served, acknowledged)
  }
  t.ok(count >= KILLS, `${count} puts were acknowledged`)
  t.equal(missing, 0, 'all of them are there')
  t.equal(/.*(damaged|warn).*/i.exec(output + served.output())?.[0], undefined, 'and no store was damaged')
})
