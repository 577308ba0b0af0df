/** A page with a node of this package joins the prober of the conformance kit, which finds all requirements kept. */

import test from 'tape'
import { probeNewcomer } from '../helpers/listening-prober.js'
import { type BrowserPlace, Tabs } from '../tabs/browser.js'

/** With nothing besides the bootstrap node. */
const PROBES = 84

export function testProbedPage(place: BrowserPlace): void {
  test(`the prober finds all requirements kept by a page in ${place.name}`, { timeout: 120_000 }, async t => {
    const tabs = await Tabs.open(place)
    let opening: Promise<unknown> = Promise.resolve()
    t.teardown(async () => {
      await opening
      await tabs.close()
    })
    const probed = await probeNewcomer(url => {
      opening = tabs.openPage(url).catch(() => {}) // the results say why it does not join
    })
    for (const { must, isKept, text } of probed) t.ok(isKept, `${must}: ${text}`)
    t.equal(probed.length, PROBES)
  })
}
