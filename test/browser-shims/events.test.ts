/** The `EventEmitter` of the browser build does what Node.js' does. */

import { EventEmitter } from 'node:events'
import fc from 'fast-check'
import test from 'tape'
import { EventEmitter as BrowserEmitter } from '../../src/browser/events.js'

const Lean = BrowserEmitter as unknown as typeof EventEmitter

const EVENTS = ['a', 'b', 'error', 'newListener', 'removeListener']
const ADDERS = ['on', 'addListener', 'once', 'prependListener', 'prependOnceListener'] as const
const REMOVERS = ['off', 'removeListener'] as const
const LISTENERS = ['noting', 'emitting', 'adding', 'removing', 'throwing'] as const

const event = fc.constantFrom(...EVENTS)
const listener = fc.constantFrom(...LISTENERS)
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.tuple(
      fc.constantFrom(...ADDERS),
      fc.constantFrom('a', 'b', 'error', 'newListener'),
      listener
    )
  },
  // Node.js itself loses its way if these remove others while all are removed.
  {
    weight: 1,
    arbitrary: fc.tuple(
      fc.constant('on' as const),
      fc.constant('removeListener'),
      fc.constant('noting' as const)
    )
  },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom(...REMOVERS), event, listener) },
  { weight: 4, arbitrary: fc.tuple(fc.constant('emit' as const), event, fc.constant('noting' as const)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('removeAllListeners' as const), event, listener) }
)
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never

/** What happens when an emitter takes these steps, with listeners that meddle while it emits. */
function follow(Kind: typeof EventEmitter, steps: Step[]): string[] {
  const log: string[] = []
  const emitter = new Kind()
  let depth = 0
  const listeners: Record<(typeof LISTENERS)[number], (...args: unknown[]) => void> = {
    noting: (...args) => note('noting', args),
    emitting: (...args) => {
      note('emitting', args)
      if (depth++ < 2) emitter.emit('a', 'nested')
      depth--
    },
    adding: (...args) => {
      note('adding', args)
      if (depth++ < 1) emitter.on('a', listeners.noting)
      depth--
    },
    removing(this: unknown, ...args) {
      note(this === emitter ? 'removing' : 'removing elsewhere', args)
      emitter.off('a', listeners.noting)
      emitter.off('b', listeners.removing)
    },
    throwing: () => {
      throw new Error('thrown')
    }
  }
  // Node.js tells of a listener of `once` that is removed sometimes with its wrapper, sometimes without.
  const unwrap = (value: unknown) => (value as { listener?: unknown }).listener ?? value
  const nameOf = (value: unknown) =>
    LISTENERS.find(name => listeners[name] === unwrap(value)) ?? String(value)
  const note = (name: string, args: unknown[]) => log.push(`${name}(${args.map(nameOf)})`)

  for (const [method, name, which] of steps) {
    try {
      if (method === 'emit') log.push(`emitted ${emitter.emit(name, 1, 'two')}`)
      else if (method === 'removeAllListeners') emitter.removeAllListeners(name)
      else if (emitter[method](name, listeners[which]) !== emitter) log.push('not chained')
    } catch (error) {
      log.push((error as Error).message)
    }
    for (const known of EVENTS) {
      log.push(`${known}: ${emitter.listeners(known).map(nameOf)}, ${emitter.listenerCount(known)}`)
    }
    log.push(emitter.eventNames().sort().join())
  }
  emitter.removeAllListeners('removeListener').removeAllListeners()
  log.push(`${emitter.eventNames().length} left`)
  return log
}

test('EventEmitter in pages does what it does in Node.js', t => {
  const run = fc.check(
    fc.property(fc.array(step, { maxLength: 12 }), steps => {
      const [expected, actual] = [follow(EventEmitter, steps), follow(Lean, steps)]
      const at = expected.findIndex((line, i) => line !== actual[i])
      if (at >= 0) throw new Error(`Node.js: ${expected[at]}, here: ${actual[at]}`)
    }),
    { numRuns: 2000 }
  )
  t.notOk(run.failed, `${run.errorInstance} with ${fc.stringify(run.counterexample)}`)
  t.end()
})

test('EventEmitter in pages throws an error that nobody listens for', t => {
  for (const error of [new TypeError('mine'), 'text', undefined]) {
    const [expected, actual] = [EventEmitter, Lean].map(Kind => {
      try {
        return new Kind().emit('error', error)
      } catch (thrown) {
        return thrown
      }
    }) as [Error, Error]
    if (error instanceof Error) t.equal(actual, error)
    else
      t.equal(
        (actual as Error & { context?: unknown }).context,
        (expected as Error & { context?: unknown }).context
      )
  }
  t.throws(() => new Lean().on('a', 'no function' as unknown as () => void), TypeError)
  t.throws(() => new Lean().once('a', undefined as unknown as () => void), TypeError)
  t.end()
})

test('EventEmitter in pages can be inherited from in both ways', t => {
  class Modern extends Lean {}
  function Old(this: EventEmitter) {
    this.on('early', () => {})
    Reflect.apply(Lean, this, [])
  }
  Object.setPrototypeOf(Old.prototype, Lean.prototype)
  const old: EventEmitter = Reflect.construct(Old, [])
  t.equal(old.listenerCount('early'), 1, 'also before its constructor was called')
  t.ok(old instanceof Lean && new Modern() instanceof Lean)
  t.equal(new Modern().setMaxListeners(0).getMaxListeners(), 0)
  t.deepEqual(Object.keys(new Modern()), [])
  t.end()
})
