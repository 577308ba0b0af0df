/** Prints each test as one line, what failed in full, and `N passed, N failed` at the end. Import it before any test. */

import tape from 'tape'

type Row =
  | { type: 'test'; id: number; name: string }
  | {
      type: 'assert'
      test: number
      ok: boolean
      name: string
      operator: string
      error?: Error
      expected?: unknown
      actual?: unknown
    }
  | { type: 'end'; test: number }

const counts = { passed: 0, failed: 0 }
const tests = new Map<number, { name: string; count: number; failures: string[]; startedAt: number }>()

const rows = tape.createStream({ objectMode: true }) as NodeJS.ReadableStream
rows.on('data', (row: Row) => {
  if (row.type === 'test')
    tests.set(row.id, { name: row.name, count: 0, failures: [], startedAt: Date.now() })
  else if (row.type === 'assert') noteAssertion(row)
  else if (row.type === 'end') printTest(row.test)
})
rows.on('end', () => {
  process.stdout.write(`\n${counts.passed} passed, ${counts.failed} failed\n`)
  if (counts.failed > 0 || counts.passed === 0) process.exitCode = 1
})

function noteAssertion(row: Extract<Row, { type: 'assert' }>): void {
  const test = tests.get(row.test)
  if (test) test.count++
  if (row.ok) counts.passed++
  else counts.failed++
  if (row.ok) return
  const values =
    row.operator === 'fail'
      ? ''
      : `\n      expected ${show(row.expected)}\n      actual   ${show(row.actual)}`
  const place = /\((.*build\/test\/[^)]*)\)/.exec(row.error?.stack ?? '')?.[1]
  test?.failures.push(`${row.name}${values}${place ? `\n      at ${place}` : ''}`)
}

function printTest(id: number): void {
  const test = tests.get(id)
  if (!test) return
  tests.delete(id)
  const took = Date.now() - test.startedAt
  const time = took > 1000 ? ` (${(took / 1000).toFixed(1)} s)` : ''
  const outcome = test.count === 0 ? '  skip ' : test.failures.length === 0 ? '  ok   ' : '  FAIL '
  process.stdout.write(`${outcome}${test.name}${time}\n`)
  for (const failure of test.failures) process.stdout.write(`      ${failure}\n`)
}

function show(value: unknown): string {
  const text = value instanceof Error ? value.message : JSON.stringify(value)
  return (text ?? String(value)).slice(0, 300)
}
