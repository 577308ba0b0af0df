/** The demo page from end to end: nodes in processes of their own, and tabs of real browsers. */

import { mkdir } from 'node:fs/promises'
import { launchChromium, launchFirefox } from '../helpers/browsers.js'
import { testDoors } from './doors.e2e.js'
import { testInviting } from './inviting.e2e.js'
import { testLoneliness, testLooks } from './looks.e2e.js'
import type { Parts } from './parts.js'
import { testSeedCommand } from './seed-command.e2e.js'
import { giveAndHash, saveAndHash } from './shared-files.js'
import { testSharing } from './sharing.e2e.js'
import { testTwoTabs } from './two-tabs.e2e.js'

/** A part of the test, with its name. Each starts the nodes that it needs. */
type Part = readonly [name: string, run: (parts: Parts) => Promise<void>]

/** Each list is run in turn, and both beside each other: most of the time they wait. */
const PARTS: readonly (readonly Part[])[] = [
  [
    ['two tabs', testTwoTabs],
    ['looks', testLooks],
    ['rooms and notes', testDoors]
  ],
  [
    ['sharing', testSharing],
    ['a terminal shares with Chromium', ({ browser }) => testSeedCommand(browser, saveAndHash)],
    ['a terminal shares with Firefox', ({ other }) => testSeedCommand(other, giveAndHash)],
    ['nobody is there', testLoneliness],
    ['invitations', testInviting]
  ]
]

/**
 * Throws if the page does not keep one of its promises.
 *
 * @param chromium its path
 * @param firefox its path
 * @param artifacts a folder for screenshots
 */
export async function testPage(chromium: string, firefox: string, artifacts: string): Promise<void> {
  await mkdir(artifacts, { recursive: true })
  const [browser, other] = await Promise.all([launchChromium(chromium), launchFirefox(firefox)])
  try {
    const parts = { browser, other, chromium, artifacts }
    const lists = await Promise.allSettled(PARTS.map(list => runInTurn(list, parts)))
    const reasons = lists.flatMap(list => (list.status === 'rejected' ? [list.reason] : []))
    if (reasons.length > 0) throw new AggregateError(reasons, reasons.map(String).join('\n'))
  } finally {
    await Promise.all([browser.close(), other.close()])
  }
}

async function runInTurn(list: readonly Part[], parts: Parts): Promise<void> {
  for (const [name, run] of list) {
    const startedAt = performance.now()
    try {
      await run(parts)
    } catch (cause) {
      throw new Error(`${name}: ${cause instanceof Error ? cause.message : cause}`, { cause })
    }
    console.log(`${name}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
  }
}
