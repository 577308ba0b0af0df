/** Through how many files a `find_node` goes, from the peer's `'data'` event to the `send` of the reply. */

import { fileURLToPath } from 'node:url'
import { Child } from '../test/helpers/child.js'
import type { BenchOptions } from './options.js'
import { type Cell, formatTable } from './table.js'

const WORKER = fileURLToPath(new URL('journey/worker.js', import.meta.url))
const BUILD = new URL('../', import.meta.url).href
const SOURCES = `${BUILD}src/`
/** Few connections, and more than the nodes that a reply names. */
const CONNECTIONS = [3, 16] as const
/** File names in a line of what is printed. */
const NAMES_IN_LINE = 5

export async function measureJourney({ seed }: BenchOptions): Promise<string> {
  const [few, more] = CONNECTIONS
  const ofFew = wayOf(await travel(few, seed, 'own'))
  const ofMore = wayOf(await travel(more, seed, 'own'))
  const everywhere = wayOf(await travel(few, seed, 'all'))
  const row = (connections: number, scope: string, way: string[]): Cell[] => [
    connections,
    scope,
    way.length - 1,
    new Set(way).size
  ]
  return [
    '### The journey of an incoming `find_node`',
    "From the peer's 'data' event to the `send` of the reply. Wanted: at most 20 changes of file.",
    formatTable(
      ['connections', 'files', 'changes of file', 'different files'],
      [
        row(few, 'of this package', ofFew),
        row(more, 'of this package', ofMore),
        row(few, 'of Node.js and other packages as well', everywhere)
      ]
    ),
    `With ${few} connections:`,
    ['```', ...linesOf(ofFew.map(nameOf)), '```'].join('\n')
  ].join('\n\n')
}

/**
 * A process for each: while it is watched its timers stand still, and its connections would go stale.
 *
 * @returns the URLs of the files, one for each statement or step
 */
async function travel(connections: number, seed: number, scope: 'own' | 'all'): Promise<string[]> {
  const worker = new Child(WORKER)
  try {
    await worker.call('start', connections, seed)
    const urls = await worker.call<string[]>('travel', scope)
    return urls.filter(url => url.startsWith(SOURCES) || (scope === 'all' && !url.startsWith(BUILD)))
  } finally {
    await worker.kill()
  }
}

/** The files in the order in which they are entered: two in a row are not the same. */
function wayOf(urls: string[]): string[] {
  return urls.filter((url, i) => url !== urls[i - 1])
}

function nameOf(url: string): string {
  return url.slice(SOURCES.length).replace(/\.js$/, '')
}

function linesOf(names: string[]): string[] {
  const lines: string[] = []
  for (let i = 0; i < names.length; i += NAMES_IN_LINE) {
    lines.push(names.slice(i, i + NAMES_IN_LINE).join(' > '))
  }
  return lines
}
