/** Rooms beside trystero over a tracker: two tabs of Chromium that meet. */

import { launch } from '../test/tabs/browser.js'
import { whyBusy } from './busy.js'
import type { BenchOptions } from './options.js'
import { CHROMIUM } from './rooms/browsers.js'
import { openContenders } from './rooms/contenders.js'
import { ALONE, type Meeting, meet, TOGETHER } from './rooms/two-tabs.js'
import { type Cell, fixed, formatTable, median, milliseconds } from './table.js'

type Row = [name: string, read: (meeting: Meeting) => number]

const TIMED: Row[] = [
  ['a second tab opens, until it hears the first', ({ inTurn }) => inTurn],
  ['two tabs open at once, until both have heard the other', ({ atOnce }) => atOnce],
  ['CPU time of the browser', ({ browserCpu }) => browserCpu],
  ['CPU time of the server', ({ serverCpu }) => serverCpu]
]

export async function measureTrystero({ rounds }: BenchOptions): Promise<string> {
  const busy = whyBusy()
  const contenders = await openContenders()
  const browser = await launch(CHROMIUM)
  const meetings: [Meeting[], Meeting[]] = [[], []]
  try {
    for (let round = 0; round < rounds; round++) {
      for (const [i, contender] of contenders.entries()) meetings[i]?.push(await meet(contender, browser))
    }
    const loaded = contenders.map(({ site }) => site.countLoaded())
    const row = (name: string, values: number[], show: (value: number) => string): Cell[] => {
      const [ours = Number.NaN, theirs = Number.NaN] = values
      return [name, show(ours), show(theirs), fixed(ours / theirs, 2)]
    }
    const medians = (read: Row[1]) => meetings.map(list => median(list.map(read)))
    return [
      '### Rooms beside trystero',
      `Two tabs of Chromium, in turn with each; medians of ${rounds} rounds; trystero 0.22.0 over a tracker of \`bittorrent-tracker\`, rooms with one bootstrap node, both on this machine, without STUN. Times are from the navigation. Costs are of two tabs, of which the second opens after ${ALONE / 1000} s, until ${TOGETHER / 1000} s after they have met; bytes are payload over HTTP, WebSocket and WebRTC, sent and received.${busy ? ` **The machine is busy (${busy}), so nothing is timed.**` : ''}`,
      formatTable(
        ['', ...contenders.map(({ name }) => name), 'ratio'],
        [
          ...TIMED.map(([name, read]) =>
            busy ? [name, 'not timed', 'not timed', ''] : row(name, medians(read), milliseconds)
          ),
          row(
            'bytes of a tab',
            medians(({ bytes }) => bytes),
            kilobytes
          ),
          row('scripts of the page, gzipped', loaded, kilobytes)
        ]
      )
    ].join('\n\n')
  } finally {
    await browser.close()
    for (const { site } of contenders) site.close()
  }
}

function kilobytes(bytes: number): string {
  return `${fixed(bytes / 1000)} kB`
}
