/** How soon a film begins in a page. */

import { merge, servers, site } from '../../test/networks/plan.js'
import { median } from '../table.js'
import { pause, startNode, startPage, withBed } from './beds.js'
import type { Row } from './row.js'

const ROUND_TRIP = 80
const PAGES = 3
const BYTES = 300_000
/** Milliseconds. */
const MOST_BYTE = 1200
const MOST_READY = 700

export const webTorrent: Row = {
  name: 'webtorrent',
  needsBed: true,
  what: 'WebTorrent by `attach`, 80 ms, both ends behind NATs, Chromium: first byte after `add`; `ready` after the page',
  before: '2.2 s; 1.1 s',
  wanted: '≤ 1.2 s; ≤ 0.7 s',

  async measure() {
    const uplink = { delay: ROUND_TRIP / 4 }
    const pages = Array.from({ length: PAGES }, (_, i) => `x${i}`)
    const plan = merge(
      servers(uplink),
      site('seeder', 'port', uplink),
      ...pages.map(name => site(name, 'port', uplink))
    )
    return withBed(plan, async bed => {
      const seeder = await startNode(bed, 'seeder')
      await pause(2)
      const { magnet } = await seeder.agent.call('seed', { size: BYTES })
      await pause(3)
      const bytes: number[] = []
      const metadatas: number[] = []
      const readies: number[] = []
      for (const name of pages) {
        const page = await startPage(bed, name)
        readies.push(page.ready ?? Number.POSITIVE_INFINITY)
        await pause(5)
        const { byte, metadata } = await page.agent.call('download', { magnet })
        bytes.push(byte ?? Number.POSITIVE_INFINITY)
        metadatas.push(metadata ?? Number.POSITIVE_INFINITY)
        await page.agent.end()
      }
      const [byte, ready] = [median(bytes), median(readies)]
      return {
        now: `${Math.round(byte)} ms; ${Math.round(ready)} ms`,
        isMet: byte <= MOST_BYTE && ready <= MOST_READY,
        conditions: `medians of ${PAGES} pages (${bytes.join(', ')}; ${readies.join(', ')} ms); the first byte that the peer sends, and the metadata after ${metadatas.join(', ')} ms; a seeder in Node.js, ${BYTES / 1000} kB`
      }
    })
  }
}
