/** What a simulation is told: the options of the command line, with their defaults. */

import { parseArgs } from 'node:util'
import type { Faults } from './network.js'

export const SCENARIOS = ['steady', 'bootstrap-death', 'partition', 'sleep'] as const
export type Scenario = (typeof SCENARIOS)[number]

export interface Settings {
  seed: number
  nodes: number
  /** Virtual hours, from the end of the joining on. */
  hours: number
  scenario: Scenario
  /** Minutes that half of the sessions last; 0: nobody leaves. */
  medianSession: number
  /** Share of the nodes that lie. */
  liars: number
  bootstrapNodes: number
  /** Share of the other nodes that are Node.js programs with an HTTP server. */
  servers: number
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
  scenario: 'steady',
  'median-session': '5',
  liars: '0',
  'bootstrap-nodes': '3',
  servers: '0.1',
  'max-connections': '128,32,64',
  loss: '0.01',
  failing: '0.03',
  silences: '0.2',
  'lookup-rate': '0.2',
  'get-rate': '0.2',
  lead: '5',
  outage: '10',
  heal: 'all'
}

/** Reads the command line. @throws Error for what it does not know */
export function parseSettings(args: string[]): Settings {
  const options = Object.fromEntries(
    Object.entries(defaults).map(([name, value]) => [name, { type: 'string' as const, default: value }])
  )
  const isFlag = { type: 'boolean' as const, default: false }
  const { values } = parseArgs({ args, options: { ...options, json: isFlag, verbose: isFlag } })
  const text = (name: keyof typeof defaults) => String((values as Record<string, unknown>)[name])
  const number = (name: keyof typeof defaults) => {
    const value = Number(text(name))
    if (!(value >= 0)) throw new Error(`--${name} is ${text(name)}; it should be a number`)
    return value
  }
  const scenario = SCENARIOS.find(name => name === text('scenario'))
  if (!scenario) throw new Error(`--scenario is ${text('scenario')}; it should be ${SCENARIOS.join(', ')}`)
  const [nodeJs = 128, small = 32, large = small] = text('max-connections').split(',').map(Number)
  return {
    seed: number('seed'),
    nodes: number('nodes'),
    hours: number('hours'),
    scenario,
    medianSession: number('median-session'),
    liars: number('liars'),
    bootstrapNodes: number('bootstrap-nodes'),
    servers: number('servers'),
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
