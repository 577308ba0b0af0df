/** What a simulation is told: the options of the command line, with their defaults. */

import { parseArgs } from 'node:util'
import type { Faults } from './network.js'

/** What befalls one network while its nodes come and go. */
const LIVING_SCENARIOS = ['steady', 'bootstrap-death', 'partition', 'sleep'] as const
/** `lookups`: what a lookup costs in networks of several sizes. */
const SCENARIOS = ['lookups', ...LIVING_SCENARIOS] as const
/** `routes`: nodes as they are. `eager`: without the extensions `route` and `introduce`. */
const DESIGNS = ['routes', 'eager'] as const

export type LivingScenario = (typeof LIVING_SCENARIOS)[number]
export type Scenario = (typeof SCENARIOS)[number]
export type Design = (typeof DESIGNS)[number]

/** Of the scenario `lookups`. */
export interface LookupSettings {
  /** Nodes of each network. */
  sizes: number[]
  designs: Design[]
  /** Larger networks are not made of nodes without routes. */
  largestEager: number
  /** Lookups, and gets of values, in each network. */
  lookups: number
  gets: number
  /** Lookups and gets that begin in a second. */
  pace: number
  /** Seconds from the last node's joining to the first announcement. */
  settling: number
  /** Share of the nodes that are bad relays: see `scale/bad-relays.ts`. */
  badRelays: number
  /** Where to write the picture; `null`: nowhere. */
  plot: string | null
  /** A file with what `--json` printed, to be shown instead of a new run. */
  figures: string | null
}

export interface Settings {
  seed: number
  nodes: number
  /** Virtual hours, from the end of the joining on. */
  hours: number
  scenario: Scenario
  lookups: LookupSettings
  /** Nodes that join in a second, at the start. */
  joinRate: number
  /** Minutes that half of the sessions last; 0: nobody leaves. */
  medianSession: number
  /** Share of the nodes that lie. */
  liars: number
  bootstrapNodes: number
  /** Share of the other nodes that are Node.js programs with an HTTP server. */
  servers: number
  /** Options of the nodes: what is not given is as it is by default. */
  nodeOptions: { k?: number; lookupWidth?: number }
  /** Connections that a Node.js node may have, and pages: half of them the first, half the second number. */
  maxConnections: { nodeJs: number; pages: [number, number] }
  faults: Faults
  /** Times a minute and node that somebody looks up a torrent, and gets a value. */
  lookupRate: number
  getRate: number
  /** Minutes of churn until something befalls the network. */
  lead: number
  /** Minutes that the network is split, or that nodes sleep. */
  outage: number
  /** What returns after a partition: every way, or that and one node that knows of the other half. */
  heal: 'all' | 'one'
  isJson: boolean
  isVerbose: boolean
}

const defaults = {
  seed: '1',
  nodes: '1000',
  hours: '1',
  scenario: 'lookups',
  'median-session': '',
  liars: '0',
  'bootstrap-nodes': '3',
  servers: '0.1',
  'max-connections': '128,32,64',
  k: '',
  'lookup-width': '',
  loss: '0.01',
  failing: '0.03',
  silences: '0.2',
  'lookup-rate': '0.2',
  'get-rate': '0.2',
  lead: '5',
  outage: '10',
  heal: 'all',
  sizes: '',
  designs: DESIGNS.join(),
  'largest-eager': '1000',
  lookups: '500',
  gets: '100',
  pace: '',
  settling: '60',
  'join-rate': '',
  'bad-relays': '0',
  plot: '',
  figures: ''
}

/** Up to `--nodes`. */
const SIZES = [100, 1000, 10_000]
/** Minutes that half of the sessions last, where they end. */
const MEDIAN_SESSION = 5
/** Nodes that join in a second: some, and in a large network a hundredth of all. */
const LEAST_JOIN_RATE = 20
const JOINING_SHARE = 0.01
/** Lookups that begin in a second: some, and in a large network one for so many nodes. */
const LEAST_PACE = 5
const PACE_PER_NODE = 1 / 500

/** Reads the command line. @throws Error for what it does not know */
export function parseSettings(args: string[]): Settings {
  const options = Object.fromEntries(
    Object.entries(defaults).map(([name, value]) => [name, { type: 'string' as const, default: value }])
  )
  const isFlag = { type: 'boolean' as const, default: false }
  const { values } = parseArgs({ args, options: { ...options, json: isFlag, verbose: isFlag } })
  const text = (name: keyof typeof defaults) => String((values as Record<string, unknown>)[name])
  const number = (name: keyof typeof defaults, byDefault = Number.NaN) => {
    const value = text(name) === '' ? byDefault : Number(text(name))
    if (!(value >= 0)) throw new Error(`--${name} is ${text(name)}; it should be a number`)
    return value
  }
  const scenario = SCENARIOS.find(name => name === text('scenario'))
  if (!scenario) throw new Error(`--scenario is ${text('scenario')}; it should be ${SCENARIOS.join(', ')}`)
  const [nodeJs = 128, small = 32, large = small] = text('max-connections').split(',').map(Number)
  const isLookups = scenario === 'lookups'
  const nodes = number('nodes')
  return {
    seed: number('seed'),
    nodes,
    hours: number('hours'),
    scenario,
    lookups: {
      sizes: sizesOf(text('sizes'), nodes),
      designs: DESIGNS.filter(name => text('designs').split(',').includes(name)),
      largestEager: number('largest-eager'),
      lookups: number('lookups'),
      gets: number('gets'),
      pace: number('pace', Math.max(LEAST_PACE, PACE_PER_NODE * nodes)),
      settling: number('settling'),
      badRelays: number('bad-relays'),
      plot: text('plot') || null,
      figures: text('figures') || null
    },
    joinRate: number('join-rate', Math.max(LEAST_JOIN_RATE, isLookups ? JOINING_SHARE * nodes : 0)),
    medianSession: number('median-session', isLookups ? 0 : MEDIAN_SESSION),
    liars: number('liars'),
    bootstrapNodes: number('bootstrap-nodes'),
    servers: number('servers'),
    nodeOptions: {
      ...(text('k') && { k: number('k') }),
      ...(text('lookup-width') && { lookupWidth: number('lookup-width') })
    },
    maxConnections: { nodeJs, pages: [small, large] },
    faults: {
      loss: number('loss'),
      failingAttempts: number('failing'),
      silencesPerHour: number('silences')
    },
    lookupRate: number('lookup-rate'),
    getRate: number('get-rate'),
    lead: number('lead'),
    outage: number('outage'),
    heal: text('heal') === 'one' ? 'one' : 'all',
    isJson: values.json === true,
    isVerbose: values.verbose === true
  }
}

function sizesOf(list: string, nodes: number): number[] {
  const sizes = list === '' ? [...SIZES.filter(size => size < nodes), nodes] : list.split(',').map(Number)
  if (!sizes.every(size => size > 1)) throw new Error(`--sizes is ${list}; it should be like 100,1000`)
  return sizes
}
