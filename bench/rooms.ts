/** A chat in real browsers: how soon its members hear each other, and that nothing is lost while the bootstrap node dies. */

import { whyBusy } from './busy.js'
import type { BenchOptions } from './options.js'
import { playChat } from './rooms/chat.js'
import { formatTable, milliseconds, quantile } from './table.js'

export async function measureRooms({ members, tabs }: BenchOptions): Promise<string> {
  const busy = whyBusy()
  const { firsts, due, lost, repeated, left, closed } = await playChat(members, tabs)
  if (lost > 0 || repeated > 0) process.exitCode = 1
  const timed = (name: string, times: number[]) => [
    name,
    ...(busy ? ['not timed', ''] : [0.5, 1].map(part => milliseconds(quantile(times, part))))
  ]
  return [
    `### A chat of ${members} members in ${tabs} tabs`,
    `Chromium and Firefox in turn, each member a node of its own; the bootstrap node dies in the middle of the talk.${busy ? ` **The machine is busy (${busy}), so nothing is timed.**` : ''}`,
    formatTable(
      ['', 'median', 'worst'],
      [
        timed('from joining to the first message', firsts),
        timed('a member leaves, until each other one has noticed', left),
        timed('a tab is closed, until each other one has noticed', closed),
        [`messages lost, of ${due}`, lost, ''],
        ['messages that came twice', repeated, '']
      ]
    )
  ].join('\n\n')
}
