/** The figures as a table, for people. */

import type { Distribution, LookupFigures } from './figures.js'

type Row = [name: string, of: (figures: LookupFigures) => string]

const ROWS: Row[] = [
  ['lookups that find the announcer', ({ lookups }) => `${percent(lookups.share)} of ${lookups.total}`],
  [
    'hops of a query: mean of all, of the longest',
    ({ hops }) => `${fixed(hops.mean)}, ${fixed(hops.longest)}`
  ],
  ['ideal hops (mean)', ({ idealHops }) => fixed(idealHops)],
  ['messages of a lookup: mean, 99 %', ({ messages }) => showMean(messages, 0)],
  ['kB of a lookup: mean, 99 %', ({ bytes }) => showMean(bytes, 1, 1000)],
  ['RTCPeerConnections made: median, 99 %', ({ connectionsMade }) => showMedian(connectionsMade, 0)],
  ['… mean', ({ connectionsMade }) => fixed(connectionsMade?.mean, 2)],
  ['… by the asker: median, 99 %', ({ connectionsMadeByAsker }) => showMedian(connectionsMadeByAsker, 0)],
  ['first result, ms: mean, median, 99 %', ({ firstResult }) => showAll(firstResult, 0)],
  ['… in mean round trips', ({ firstResult, meanRoundTrip }) => showAll(firstResult, 1, meanRoundTrip)],
  ['… in mean round trips × ideal hops', figures => showIdeal(figures.firstResult, figures)],
  ['end, ms: mean, median, 99 %', ({ end }) => showAll(end, 0)],
  ['… in mean round trips', ({ end, meanRoundTrip }) => showAll(end, 1, meanRoundTrip)],
  ['… in mean round trips × ideal hops', figures => showIdeal(figures.end, figures)],
  ['connections of a node: median, 99 %', ({ connections }) => showMedian(connections, 0)],
  ['nodes over their budget', ({ overBudget }) => String(overBudget)],
  ['share of the busiest relay', ({ busiestRelayShare }) => percent(busiestRelayShare)],
  ['gets that give the value', ({ gets }) => `${percent(gets.share)} of ${gets.total}`],
  ['wrong values, false peers', ({ wrongValues, falsePeers }) => `${wrongValues}, ${falsePeers}`],
  ['frames that bad relays meddled with', ({ meddledWith }) => String(meddledWith)],
  ['messages dropped, for what', ({ drops }) => showDrops(drops)],
  ['joining, s virtual; all, s virtual', figures => showTimes(figures)],
  ['s real; s of CPU; MiB', figures => showCost(figures)],
  ['violations', ({ violations }) => String(violations.length)]
]

export function formatFigures(all: LookupFigures[]): string {
  const header = ['', ...all.map(({ nodes, design }) => `${nodes.toLocaleString('en')}, ${design}`)]
  const rows = ROWS.map(([name, of]) => [name, ...all.map(of)])
  const violations = all.flatMap(figures => figures.violations)
  return [explain(all), formatTable([header, ...rows]), ...violations].join('\n\n')
}

function explain([first]: LookupFigures[]): string {
  if (!first) return 'nothing was measured'
  const { seed, medianSession, badRelays, meanRoundTrip } = first
  const churn = medianSession > 0 ? `sessions of ${medianSession} min (median)` : 'nobody leaves'
  return `Seed ${seed}; ${churn}; ${percent(badRelays)} of the nodes drop, delay, alter or replay what they pass on.
\`routes\`: nodes as they are. \`eager\`: without the extensions \`route\` and \`introduce\`; larger networks of these take too long.
Round trips are log-uniform from 20 to 300 ms, drawn once for each pair of nodes, and up to a tenth more for each message: the
mean is ${fixed(meanRoundTrip, 0)} ms. A connection takes four to open. Lookups are by nodes that neither announced nor store the announcement.
Ideal hops: the mean length of the shortest path, known to nobody, over connections that are open, from the asker to the nearest
node that stores the announcement. A lookup's messages (each hop of a frame is one), bytes and RTCPeerConnections (at both ends)
are those that its events led to, on whatever node: pings, refreshes and the joining of others are not among them.`
}

function showMean(distribution: Distribution | null, digits: number, unit = 1): string {
  if (!distribution) return '–'
  return `${fixed(distribution.mean / unit, digits)}, ${fixed(distribution.most / unit, digits)}`
}

function showMedian(distribution: Distribution | null, digits: number, unit = 1): string {
  if (!distribution) return '–'
  return `${fixed(distribution.median / unit, digits)}, ${fixed(distribution.most / unit, digits)}`
}

function showAll(distribution: Distribution | null, digits: number, unit = 1): string {
  if (!distribution) return '–'
  return `${fixed(distribution.mean / unit, digits)}, ${showMedian(distribution, digits, unit)}`
}

function showIdeal(distribution: Distribution | null, { meanRoundTrip, idealHops }: LookupFigures): string {
  return idealHops ? showAll(distribution, 1, meanRoundTrip * idealHops) : '–'
}

function showTimes({ joiningTime, virtualTime }: LookupFigures): string {
  return `${fixed(joiningTime / 1000, 0)}; ${fixed(virtualTime / 1000, 0)}`
}

function showCost({ realSeconds, cpuSeconds, mebibytes }: LookupFigures): string {
  return [realSeconds, cpuSeconds, mebibytes].map(number => fixed(number, 0)).join('; ')
}

function showDrops(drops: Record<string, number>): string {
  return (
    Object.entries(drops)
      .map(([reason, count]) => `${count} ${reason}`)
      .join(', ') || '–'
  )
}

function percent(share: number | null): string {
  return share === null ? '–' : `${(100 * share).toFixed(1)} %`
}

function fixed(number: number | null | undefined, digits = 1): string {
  return number === null || number === undefined ? '–' : number.toFixed(digits)
}

function formatTable(rows: string[][]): string {
  const [header = [], ...body] = rows
  const widths = header.map((_, i) => Math.max(3, ...rows.map(row => row[i]?.length ?? 0)))
  const format = (row: string[]) =>
    `| ${widths.map((width, i) => (row[i] ?? '').padEnd(width)).join(' | ')} |`
  return [format(header), format(widths.map(width => '-'.repeat(width))), ...body.map(format)].join('\n')
}
