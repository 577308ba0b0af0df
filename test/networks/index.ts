/**
 * The networks that people have: NATs, slow links, outages, blocked UDP. Linux only.
 *
 *     node build/test/networks/index.js [short] [part of a title…]
 *
 * The last line is `N passed, N failed`.
 */

import { availableParallelism } from 'node:os'
import { Bed } from './bed.js'
import { type Cell, Check, type Up } from './cell.js'
import { CELLS } from './cells/index.js'
import { findBrowser, isInstalled, prepareForBeds } from './machine.js'

/** Most of a cell's time goes by waiting, but its processes start all at once. */
const CELLS_AT_ONCE = Math.min(3, availableParallelism())
const CELL_TIMEOUT = 150_000
/** Thirty processes take half a minute to start on an idle machine with two processors. */
const LARGE_CELL_TIMEOUT = 300_000

const total = { passed: 0, failed: 0 }

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1)) // or no 'exit'
await main()

async function main(): Promise<void> {
  const reason = await prepareForBeds()
  if (reason !== null) {
    console.log(`skipped: ${reason}`)
    return
  }
  const cells = choose(process.argv.slice(2))
  await runAll(
    cells.filter(({ isLarge }) => !isLarge),
    CELLS_AT_ONCE
  )
  await runAll(
    cells.filter(({ isLarge }) => isLarge),
    1
  )
  finish(total.passed, total.failed)
}

function choose(words: string[]): readonly Cell[] {
  const isShort = words[0] === 'short'
  const parts = isShort ? words.slice(1) : words
  const isMeant = ({ title }: Cell) => parts.length === 0 || parts.some(part => title.includes(part))
  return CELLS.filter(cell => (!isShort || cell.isShort) && isMeant(cell))
}

function finish(passed: number, failed: number): void {
  process.stdout.write(`\n${passed} passed, ${failed} failed\n`, () =>
    process.exit(failed > 0 || passed === 0 ? 1 : 0)
  )
}

async function runAll(cells: Cell[], atOnce: number): Promise<void> {
  const waiting = cells[Symbol.iterator]()
  const work = async () => {
    for (const cell of waiting) await runCell(cell)
  }
  await Promise.all(Array.from({ length: atOnce }, work))
}

async function runCell(cell: Cell): Promise<void> {
  const missing = await firstMissing(cell)
  if (missing) return console.log(`  skip ${cell.title}: no ${missing}`)
  const check = new Check()
  const startedAt = Date.now()
  const beds: Bed[] = []
  const up: Up = async (plan, settings) => {
    const bed = await Bed.up(plan, settings)
    beds.push(bed)
    return bed
  }
  try {
    await withTimeout(cell.run(check, up), cell.isLarge ? LARGE_CELL_TIMEOUT : CELL_TIMEOUT)
  } catch (error) {
    check.failures.push(error instanceof Error ? (error.stack ?? error.message) : String(error))
  }
  await Promise.all(beds.map(bed => bed.down()))
  const outcome = check.failures.length === 0 ? '  ok   ' : '  FAIL '
  console.log(`${outcome}${cell.title} (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`)
  for (const failure of check.failures) console.log(`      ${failure}`)
  total.passed += check.passed
  total.failed += check.failures.length
}

async function firstMissing({ needs = [] }: Cell): Promise<string | undefined> {
  for (const need of needs) {
    const isThere = need === 'turnserver' ? isInstalled(need) : await findBrowser(need)
    if (!isThere) return need
  }
  return undefined
}

function withTimeout(work: Promise<void>, limit: number): Promise<void> {
  const timeout = new Promise<void>((_, reject) => {
    setTimeout(() => reject(new Error(`not done in ${limit / 1000} s`)), limit).unref()
  })
  return Promise.race([work, timeout])
}
