/** Pages in real browsers. */

import type { Cell } from '../cell.js'
import { merge, servers, site } from '../plan.js'
import { checkDial, checkUse, join, joinInPage, until } from './members.js'

const UPLINK = { delay: 20 }
const LEARNT_WITHIN = 20_000

export const BROWSERS: Cell[] = (['chromium', 'firefox'] as const)
  .flatMap(kind => [
    {
      title: `${kind}: a page behind a NAT and a Node.js node behind another are members, and dial each other`,
      needs: [kind],
      async run(check, up) {
        const bed = await up(
          merge(servers(UPLINK), site('page', 'port', UPLINK), site('node', 'port', UPLINK))
        )
        await bed.boot()
        const node = await join(bed, check, 'node')
        const page = await joinInPage(bed, check, 'page', kind)
        await checkUse(check, page, node)
        await checkUse(check, node, page)
        await checkDial(check, page, node)
        await checkDial(check, node, page)
        const isKnown = async () => (await page.agent.call('state')).network === 'nat'
        check.ok(
          (await until(LEARNT_WITHIN, isKnown)) !== null,
          'dht.network is nat',
          await page.agent.call('state')
        )
      }
    } satisfies Cell,
    {
      title: `${kind}: UDP is blocked, and the page is a full user over WebSocket`,
      needs: [kind],
      async run(check, up) {
        const bed = await up(
          merge(servers(UPLINK), site('page', 'port', { ...UPLINK, udp: 0 }), site('node', 'port', UPLINK))
        )
        await bed.boot()
        const node = await join(bed, check, 'node')
        const page = await joinInPage(bed, check, 'page', kind)
        await checkUse(check, page, node)
        await checkUse(check, node, page)
      }
    } satisfies Cell
  ])
  .concat([
    {
      title: 'pages in Chromium and Firefox, each behind a NAT, find and dial each other',
      needs: ['chromium', 'firefox'],
      async run(check, up) {
        const bed = await up(
          merge(servers(UPLINK), site('chromium', 'port', UPLINK), site('firefox', 'port', UPLINK))
        )
        await bed.boot()
        const a = await joinInPage(bed, check, 'chromium', 'chromium')
        const b = await joinInPage(bed, check, 'firefox', 'firefox')
        await checkUse(check, a, b)
        await checkDial(check, a, b)
        await checkDial(check, b, a)
      }
    }
  ])
