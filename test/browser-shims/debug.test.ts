/** The `debug` of the browser build shows the lines that `debug` would show. */

import createDebug from 'debug'
import fc from 'fast-check'
import test from 'tape'
import createBrowserDebug from '../../src/browser/debug.js'

/** What a page has that has these patterns in its storage. */
function load(storage: unknown): typeof createBrowserDebug {
  return namespace => {
    const saved = Object.getOwnPropertyDescriptor(globalThis, 'localStorage')
    Object.defineProperty(globalThis, 'localStorage', { value: storage, configurable: true })
    try {
      return createBrowserDebug(namespace)
    } finally {
      if (saved) Object.defineProperty(globalThis, 'localStorage', saved)
      else Reflect.deleteProperty(globalThis, 'localStorage')
    }
  }
}

test('localStorage.debug chooses in pages the lines that it chooses with debug', t => {
  const name = fc.string({ unit: fc.constantFrom(...'ab-:.'), minLength: 1, maxLength: 4 })
  const pattern = fc.string({ unit: fc.constantFrom(...'ab-:.*'), maxLength: 4 })
  const list = fc.array(fc.tuple(pattern, fc.constantFrom(' ', ',', ', ')), { maxLength: 4 })
  const before = createDebug.disable()
  const run = fc.check(
    fc.property(list, name, (parts, namespace) => {
      const patterns = parts.flat().join('')
      createDebug.enable(patterns)
      return load({ getItem: () => patterns })(namespace).enabled === createDebug.enabled(namespace)
    })
  )
  createDebug.enable(before)
  t.notOk(run.failed, fc.stringify(run.counterexample))
  t.end()
})

test('a page without a storage shows no lines', t => {
  t.notOk(load({ getItem: () => null })('a').enabled)
  t.notOk(load(undefined)('a').enabled)
  t.end()
})

test('a line in a page begins with its namespace', t => {
  const debug = load({ getItem: () => '*' })('webtorrent-dht')
  const lines = t.capture(console as unknown as Record<string, unknown>, 'debug', () => {})
  debug('%d nodes', 5)
  t.deepEqual(lines()[0]?.args, ['webtorrent-dht %d nodes', 5])
  t.end()
})
