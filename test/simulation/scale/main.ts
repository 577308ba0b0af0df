/** The scenario `lookups`: what a lookup costs in networks of several sizes, with routes and without. */

import { spawn } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Design, Settings } from '../settings.js'
import type { LookupFigures } from './figures.js'
import { formatFigures } from './report.js'

const WORKER = fileURLToPath(new URL('worker.js', import.meta.url))
/** Heap that a process may use, in MiB: as much for every node, and some for the rest. */
const HEAP_PER_NODE = 1.1
const LEAST_HEAP = 1000

/** @returns the report, and whether everything that must hold did */
export async function compareSizes(
  settings: Settings,
  args: string[]
): Promise<{ text: string; isFine: boolean }> {
  const { figures: file, plot: picture } = settings.lookups
  const all = file === null ? await measureAll(settings, args) : JSON.parse(await readFile(file, 'utf8'))
  const figures: LookupFigures[] = all
  if (picture !== null) {
    const { plot } = await import('./plot.js')
    await writeFile(picture, plot(figures))
  }
  const isFine = figures.every(({ violations, wrongValues }) => violations.length === 0 && wrongValues === 0)
  return { text: settings.isJson ? JSON.stringify(figures) : formatFigures(figures), isFine }
}

async function measureAll({ lookups }: Settings, args: string[]): Promise<LookupFigures[]> {
  const { sizes, designs, largestEager } = lookups
  const all: LookupFigures[] = []
  for (const nodes of sizes) {
    for (const design of designs) {
      if (design === 'eager' && nodes > largestEager) continue
      process.stderr.write(`${nodes} nodes, ${design} …`)
      const figures = await measureOne(nodes, design, args)
      process.stderr.write(` ${figures.realSeconds.toFixed(0)} s\n`)
      all.push(figures)
    }
  }
  return all
}

function measureOne(nodes: number, design: Design, args: string[]): Promise<LookupFigures> {
  const heap = `--max-old-space-size=${Math.ceil(LEAST_HEAP + HEAP_PER_NODE * nodes)}`
  const own = ['--nodes', String(nodes), '--designs', design]
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [heap, WORKER, ...args, ...own], {
      stdio: ['ignore', 'pipe', 'inherit']
    })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', text => {
      output += text
    })
    child.once('error', reject)
    child.once('close', (code, signal) => {
      if (code === 0) resolve(JSON.parse(output) as LookupFigures)
      else reject(new Error(`the process for ${nodes} nodes (${design}) ended with ${signal ?? code}`))
    })
  })
}
