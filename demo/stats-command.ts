/** `stats`: what the node has done since its start, without what is zero. */

import { count, paint } from '../src/cli/text.js'
import type { CommandContext } from './command-context.js'

const HEAD_WIDTH = 21

export function showStats(_: string, { dht, display }: CommandContext): void {
  const { connections, offers, queries, drops, messages, bytes, stored } = dht.stats()
  const outcomes = Object.entries(queries.sent).map(
    ([method, { replied, refused, unanswered, 'not sent': notSent }]) =>
      [method, [replied, refused + unanswered + notSent]] as const
  )
  const asked = outcomes.filter(([, [good, bad]]) => good + bad > 0)
  const lines: [string, string][] = [
    [
      'connections',
      `${connections.open} open, ${connections.signalling} in the making, ${connections.made} made`
    ],
    ['needed by', list(connections.byTag)],
    ['closed', list(connections.closed)],
    ['offers', `${offers.leased} used, ${offers.reused} of them again, ${offers.wasted} for nothing`],
    [
      'asked',
      asked
        .map(([method, [good, bad]]) => `${method} ${good}${bad > 0 ? ` (${bad} failed)` : ''}`)
        .join(', ') || '-'
    ],
    ['was asked', list(queries.received)],
    ['led to nothing', list(drops)],
    ['sent', `${messages.sent} messages, ${kilobytes(bytes.sent)}`],
    ['received', `${messages.received} messages, ${kilobytes(bytes.received)}`],
    ['stores', `${count(stored.peers, 'announcement')}, ${count(stored.values, 'value')}`]
  ]
  display.print(
    lines.map(([head, text]) => `  ${paint('dim', head.toUpperCase().padEnd(HEAD_WIDTH))}${text}`).join('\n')
  )
}

function list(counts: Record<string, number>): string {
  const parts = Object.entries(counts).filter(([, count]) => count > 0)
  return parts.map(([name, count]) => `${name} ${count}`).join(', ') || '-'
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`
}
