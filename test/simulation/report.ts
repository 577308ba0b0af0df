/** The results, for people. */

import type { Simulation } from './simulation.js'
import { percent, type Sample } from './tally.js'
import { AGES } from './values.js'

const WIDTH = 26

export function report(simulation: Simulation, realSeconds: number): string {
  const { settings, clock, network, population, census, deaths, torrents, values, violations, newcomers } =
    simulation
  const { faults } = settings
  const lines: [string, string][] = [
    ['seed', String(settings.seed)],
    [
      'network',
      `${settings.nodes} nodes, ${percent(settings.liars)} liars, ${settings.scenario}, sessions of ${settings.medianSession} min (median), faults: ${percent(faults.loss)} loss, ${percent(faults.failingAttempts)} failing attempts, ${faults.silencesPerHour} silences/h a connection`
    ],
    [
      'time',
      `${(clock.now / 3_600_000).toFixed(2)} h virtual, ${realSeconds.toFixed(0)} s real, ${(clock.happened / 1e6).toFixed(1)} M events, ${(process.memoryUsage().rss / 2 ** 20).toFixed(0)} MB`
    ],
    ['digest', network.digest.toString(16)],
    ['nodes', `${population.started} started, ${population.left} left, ${population.killed} killed`],
    ['newcomers after 30 s', `${newcomers.joined} are in, after ${showTimes(newcomers.times)}`],
    [
      'lookups',
      `${torrents.lookups}; ${showTimes(torrents.times)} to the first peer, ${showTimes(torrents.durations)} in all`
    ],
    ['peers found that live', String(torrents.peers)],
    ['announcements', String(torrents.announcements)],
    ['gets, immutable', String(values.immutable)],
    ['gets, mutable', `${values.mutable}; ${values.late} one update late, ${values.stale} older`],
    ['gets by age (min)', AGES.map((age, i) => `<${age}: ${values.byAge[i]}`).join(', ')],
    ['puts', String(values.puts)],
    ['reachable', `mean ${percent(census.reachable.mean)}, least ${percent(census.reachable.quantile(0))}`],
    ['messages / node and min', showSample(census.messages)],
    ['bytes / node and min', showSample(census.bytes)],
    ['connections open', showSample(census.connections)],
    ['nodes in a table', showSample(census.tables)],
    [
      'connections made',
      `${sum(network.hosts.map(host => host.made))}, opened ${network.opened}, ${((network.opened * 3_600_000) / clock.now / settings.nodes).toFixed(0)} opened / node and h`
    ],
    [
      'in tables after a kill',
      `median ${seconds(deaths.killed.quantile(0.5))}, 99 % ${seconds(deaths.killed.quantile(0.99))}, worst ${seconds(deaths.killed.quantile(1))} of ${deaths.killed.values.length}`
    ],
    [
      'in tables after a goodbye',
      `median ${seconds(deaths.left.quantile(0.5))}, worst ${seconds(deaths.left.quantile(1))} of ${deaths.left.values.length}`
    ],
    ['dead that came back', `${deaths.returned} times`],
    ...simulation.notes,
    ['timers after destroy', showTimers(population.timersLeft)],
    ['violations', [String(violations.count), ...violations.list].join('\n'.padEnd(WIDTH + 1))]
  ]
  return lines.map(([name, value]) => `${name.padEnd(WIDTH)}${value}`).join('\n')
}

function showTimers(timers: Map<string, number>): string {
  return [...timers].map(([code, count]) => `${count} × ${code}`).join('; ') || 'none'
}

function showSample(sample: Sample): string {
  return `mean ${sample.mean.toFixed(1)}, 99 % ${sample.quantile(0.99)}, most ${sample.quantile(1)}`
}

function showTimes(sample: Sample): string {
  return `${seconds(sample.quantile(0.5))} (99 %: ${seconds(sample.quantile(0.99))})`
}

function seconds(milliseconds: number): string {
  return Number.isNaN(milliseconds) ? '–' : `${(milliseconds / 1000).toFixed(1)} s`
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
