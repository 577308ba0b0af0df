/**
 * Replaces what code has of time and chance by the simulation's, for as long as one runs. It must be done before the code
 * that is simulated is loaded: some packages keep `crypto.randomBytes` from then on.
 */

import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import type { Random } from './random.js'
import type { VirtualClock } from './virtual-clock.js'
import { VirtualTimeout } from './virtual-timeout.js'

type Callback = (...args: unknown[]) => void

/** @returns puts everything back */
export function installGlobals(clock: VirtualClock, random: Random): () => void {
  const undo: (() => void)[] = []
  const replace = (target: object, values: Record<string, unknown>) => {
    for (const [name, value] of Object.entries(values)) {
      const old = Object.getOwnPropertyDescriptor(target, name)
      Object.defineProperty(target, name, { value, configurable: true, writable: true })
      undo.push(() => {
        if (old) Object.defineProperty(target, name, old)
        else Reflect.deleteProperty(target, name)
      })
    }
  }
  replace(globalThis, { ...createTimers(clock), Date: createDate(clock) })
  replace(performance, { now: () => clock.now })
  replace(AbortSignal, { timeout: (delay: number) => abortAfter(clock, delay) })
  replace(process, {
    nextTick: (callback: Callback, ...args: unknown[]) => clock.nextTick(() => callback(...args))
  })
  replace(Math, { random: () => random.next() })
  const getRandomValues = <Bytes extends Uint8Array>(bytes: Bytes) => {
    random.fill(bytes)
    return bytes
  }
  replace(globalThis.crypto, { getRandomValues })
  replace(crypto, { randomBytes: (length: number) => random.bytes(length) })
  syncBuiltinESMExports()
  return () => {
    for (const step of undo.reverse()) step()
    syncBuiltinESMExports()
  }
}

function createTimers(clock: VirtualClock) {
  const clear = (timer: unknown) => {
    if (timer instanceof VirtualTimeout) timer.close()
  }
  const start =
    (isRepeated: boolean) =>
    (callback: Callback, delay: number, ...args: unknown[]) =>
      new VirtualTimeout(
        clock,
        clock.current,
        args.length > 0 ? () => callback(...args) : callback,
        delay,
        isRepeated
      )
  return {
    setTimeout: start(false),
    clearTimeout: clear,
    setInterval: start(true),
    clearInterval: clear,
    setImmediate: (callback: Callback, ...args: unknown[]) =>
      clock.schedule(clock.current, 0, () => callback(...args)),
    clearImmediate: (event: ReturnType<VirtualClock['schedule']> | undefined) => clock.cancel(event)
  }
}

function createDate(clock: VirtualClock): DateConstructor {
  const RealDate = Date
  return new Proxy(RealDate, {
    get: (target, name) => (name === 'now' ? () => clock.date : Reflect.get(target, name)),
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length > 0 ? args : [clock.date], newTarget)
  })
}

/** Node.js lets such a timer not keep the process alive: it counts for nobody. */
function abortAfter(clock: VirtualClock, delay: number): AbortSignal {
  const controller = new AbortController()
  const reason = () => new DOMException('The operation was aborted due to timeout', 'TimeoutError')
  clock.schedule(clock.current, delay, () => controller.abort(reason()))
  return controller.signal
}
