/** A cell: one network that people have, and what must hold in it. */

export interface Cell {
  /** The promise that it keeps. */
  title: string
  /** It is part of the short form, which `npm test` runs. */
  isShort?: boolean
  /** Programs that it needs; it is skipped where one is missing. */
  needs?: readonly ('turnserver' | 'chromium' | 'firefox')[]
  run(check: Check): Promise<void>
}

/** What was found in a cell. A check that fails does not end the cell; an exception does. */
export class Check {
  passed = 0
  readonly failures: string[] = []

  /** @param details said where it fails */
  ok(value: unknown, claim: string, details?: unknown): void {
    if (value) this.passed++
    else this.failures.push(details === undefined ? claim : `${claim}: ${describe(details)}`)
  }

  equal(actual: unknown, expected: unknown, claim: string): void {
    const same = describe(actual) === describe(expected)
    this.ok(same, claim, `${describe(actual)}, not ${describe(expected)}`)
  }
}

function describe(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value))
}
