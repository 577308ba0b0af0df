/** Time as `Date.now()` and `performance.now()` tell it, moved by a test. Timers run as ever. */

import type { Test } from 'tape'

export function createClock(t: Test): { move(milliseconds: number): void } {
  const date = Date.now()
  const start = performance.now()
  const realNow = Date.now
  let passed = 0
  Date.now = () => date + passed
  Object.defineProperty(performance, 'now', { value: () => start + passed, configurable: true })
  t.teardown(() => {
    Date.now = realNow
    Reflect.deleteProperty(performance, 'now')
  })
  return {
    move: milliseconds => {
      passed += milliseconds
    }
  }
}
