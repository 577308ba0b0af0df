/** A cell: one network that people have, and what must hold in it. */

import { availableParallelism, loadavg } from 'node:os'
import type { Bed, BedSettings } from './bed.js'
import type { Plan } from './plan.js'

/** Makes a bed, which is taken down when the cell is over. */
export type Up = (plan: Plan, settings?: BedSettings) => Promise<Bed>

export interface Cell {
  /** The promise that it keeps. */
  title: string
  /** It is part of the short form, which `npm test` runs. */
  isShort?: boolean
  /** Programs that it needs; it is skipped where one is missing. */
  needs?: readonly ('turnserver' | 'chromium' | 'firefox')[]
  /** It keeps all processors busy, so it runs alone. */
  isLarge?: boolean
  run(check: Check, up: Up): Promise<void>
}

/** Processes that are ready to run, for each processor. */
const MOST_LOAD = 2

/** What was found in a cell. A check that fails does not end the cell; an exception does. */
export class Check {
  passed = 0
  readonly failures: string[] = []

  /** @param details said where it fails */
  ok(value: unknown, claim: string, details?: unknown): void {
    if (value) this.passed++
    else this.failures.push(details === undefined ? claim : `${claim}: ${describe(details)}`)
  }

  /** A claim about time, which a machine that is busy with other things cannot keep: it is not checked there. */
  inTime(value: unknown, claim: string, details?: unknown): void {
    const [load = 0] = loadavg()
    if (load <= MOST_LOAD * availableParallelism()) this.ok(value, claim, details)
  }

  equal(actual: unknown, expected: unknown, claim: string): void {
    const same = describe(actual) === describe(expected)
    this.ok(same, claim, `${describe(actual)}, not ${describe(expected)}`)
  }
}

function describe(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value))
}
