/** The metrics of a serving node for Prometheus: what `dht.stats()` counts. All labels are from closed lists. */

import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { WebTorrentDHT } from '../index.js'
import { version } from './version.js'

const PREFIX = 'webtorrent_dht_'

type Stats = ReturnType<WebTorrentDHT['stats']>
/** Values by the names of their labels. */
type Sample = readonly [labels: Record<string, string>, value: number]
type Read = (stats: Stats) => Sample[]

const GAUGES: Record<string, [help: string, labels: string[], read: Read]> = {
  connections: [
    'Connections now, by state',
    ['state'],
    ({ connections: { open, signalling } }) => [
      [{ state: 'open' }, open],
      [{ state: 'signalling' }, signalling]
    ]
  ],
  offers_pooled: ['Offers that wait for use', [], ({ offers }) => [[{}, offers.pooled]]],
  stored: ['What is stored now, by kind', ['kind'], ({ stored }) => byName('kind', stored)]
}

const COUNTERS: Record<string, [help: string, labels: string[], read: Read]> = {
  connections_made_total: ['Peer connections made', [], ({ connections }) => [[{}, connections.made]]],
  connections_opened_total: ['Connections that opened', [], ({ connections }) => [[{}, connections.opened]]],
  connections_closed_total: [
    'Connections closed, by reason',
    ['reason'],
    ({ connections }) => byName('reason', connections.closed)
  ],
  offers_total: [
    'Offers lent to queries, lent again, and closed without use',
    ['outcome'],
    ({ offers: { leased, reused, wasted } }) => byName('outcome', { leased, reused, wasted })
  ],
  queries_sent_total: [
    'Queries of this node, by method and outcome',
    ['method', 'outcome'],
    ({ queries }) =>
      Object.entries(queries.sent).flatMap(([method, outcomes]) =>
        byName('outcome', outcomes).map(([labels, value]): Sample => [{ method, ...labels }, value])
      )
  ],
  queries_received_total: [
    'Queries to this node, by method',
    ['method'],
    ({ queries }) => byName('method', queries.received)
  ],
  drops_total: [
    'Messages and requests that led to nothing, by reason',
    ['reason'],
    ({ drops }) => byName('reason', drops)
  ],
  messages_total: ['Messages, by direction', ['direction'], ({ messages }) => byName('direction', messages)],
  bytes_total: ['Bytes of the data channels', ['direction'], ({ bytes }) => byName('direction', bytes)],
  frames_total: [
    'Frames along routes: sent, passed on, and returned',
    ['kind'],
    ({ frames: { sent, passedOn, returned } }) => byName('kind', { sent, 'passed on': passedOn, returned })
  ]
}

/** A page of metrics in the text format of Prometheus. */
export interface Metrics {
  readonly contentType: string
  read(): Promise<string>
}

/** @param node the node that serves now; `null` between two */
export function createMetrics(node: () => WebTorrentDHT | null): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  new Gauge({
    name: `${PREFIX}info`,
    help: 'The version',
    labelNames: ['version'],
    registers: [registry]
  }).set({ version }, 1)
  new Gauge({
    name: `${PREFIX}is_connected`,
    help: '1 while at least one node is connected',
    registers: [registry],
    collect() {
      this.set(node()?.status === 'connected' ? 1 : 0)
    }
  })
  for (const [name, [help, labelNames, read]] of Object.entries(GAUGES)) {
    new Gauge({
      name: PREFIX + name,
      help,
      labelNames,
      registers: [registry],
      collect() {
        for (const [labels, value] of samples(node(), read)) this.set(labels, value)
      }
    })
  }
  for (const [name, [help, labelNames, read]] of Object.entries(COUNTERS)) {
    new Counter({
      name: PREFIX + name,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset()
        for (const [labels, value] of samples(node(), read)) this.inc(labels, value)
      }
    })
  }
  return { contentType: registry.contentType, read: () => registry.metrics() }
}

function samples(dht: WebTorrentDHT | null, read: Read): Sample[] {
  return dht ? read(dht.stats()) : []
}

function byName(label: string, counts: Record<string, number>): Sample[] {
  return Object.entries(counts).map(([name, count]) => [{ [label]: name }, count])
}
