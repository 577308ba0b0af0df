/** The status page of a serving node: without scripts, and with everything escaped. */

import type { NodeStatus } from './node-status.js'
import { count } from './text.js'

const REFRESH_SECONDS = 10
const MEGABYTE = 1_000_000

const STYLE = `
  :root { color-scheme: light dark }
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem }
  code, td { overflow-wrap: anywhere }
  table { border-collapse: collapse; width: 100% }
  th { text-align: left; font-weight: normal; opacity: .7; padding-right: 1rem; vertical-align: top; width: 12rem }
  td, th { border-top: 1px solid #8884; padding: .3rem 0 }
  nav { margin-top: 1rem; display: flex; gap: 1rem }
  @media (max-width: 30rem) { th, td { display: block; width: auto; padding: 0 } td { border: 0; margin-bottom: .3rem } }`

/** The page as HTML. It loads nothing and runs nothing. */
export function statusPage(status: NodeStatus): string {
  const { connections, queries, messages, bytes, stored, drops } = status.stats
  const rows: [string, string][] = [
    ['Node', status.id],
    ['Others join at', status.bootstrap ?? '-'],
    ['State', stateOf(status)],
    ['Network', status.stats.network],
    ['Up', duration(status.uptime)],
    ['Connected nodes', `${connections.open}, and ${connections.signalling} in the making`],
    ['Was asked', list(queries.received)],
    ['Led to nothing', list(drops)],
    ['Messages', `${messages.sent} sent, ${messages.received} received`],
    ['Traffic', `${megabytes(bytes.sent)} sent, ${megabytes(bytes.received)} received`],
    ['Stores', `${count(stored.values, 'value')}, ${count(stored.peers, 'announcement')}`],
    ['Memory', megabytes(status.memory)],
    ['Version', status.version]
  ]
  const table = rows.map(([name, value]) => `<tr><th>${escapeHtml(name)}<td>${escapeHtml(value)}`).join('\n')
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="${REFRESH_SECONDS}">
<title>${escapeHtml(`${count(connections.open, 'node')}: webtorrent-dht`)}</title>
<style>${STYLE}</style>
<h1>A bootstrap node</h1>
<p>Join with <code>new DHT({ bootstrap: '${escapeHtml(status.bootstrap ?? '')}' })</code></p>
<table>
${table}
</table>
<nav><a href="health">health</a> <a href="status">status</a> <a href="metrics">metrics</a></nav>
`
}

function stateOf({ status, reason }: NodeStatus): string {
  if (reason !== null) return `${status}: ${reason}`
  return status === 'alone' ? 'no other node is connected; others can join' : status
}

function list(counts: Record<string, number>): string {
  const parts = Object.entries(counts).filter(([, number]) => number > 0)
  return parts.map(([name, number]) => `${name} ${number}`).join(', ') || '-'
}

function megabytes(bytes: number): string {
  return `${(bytes / MEGABYTE).toFixed(1)} MB`
}

function duration(seconds: number): string {
  const units = [
    [86_400, 'day'],
    [3600, 'hour'],
    [60, 'minute']
  ] as const
  const [length, unit] = units.find(([length]) => seconds >= length) ?? [1, 'second']
  return count(Math.floor(seconds / length), unit)
}

/** Strangers' words may be in it. */
function escapeHtml(text: string): string {
  return text.replace(/[&<>"'\p{Cc}]/gu, character => `&#${character.codePointAt(0)};`)
}
