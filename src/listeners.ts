/** Calls the listeners of an application. */

import { isPromise } from './awaitable.js'
import { toError } from './errors.js'
import type { Listener } from './events.js'

interface Emitter {
  rawListeners(event: string): Listener[]
  listenerCount(event: 'warning'): number
  emit(event: 'warning', warning: Error): boolean
}

/**
 * Emits an event. An exception of a listener, or a promise of it that is rejected, is a `'warning'`; the other listeners are called all
 * the same. Without a listener for warnings it goes to the console, as what such a listener throws does.
 *
 * @returns whether there are listeners
 */
export function callListeners(emitter: Emitter, event: string, args: readonly unknown[]): boolean {
  const listeners = emitter.rawListeners(event)
  const report = (thrown: unknown) => {
    if (event === 'warning' || emitter.listenerCount('warning') === 0) console.error(thrown)
    else emitter.emit('warning', toError(thrown))
  }
  for (const listener of listeners) {
    try {
      const result: unknown = Reflect.apply(listener, emitter, args)
      if (isPromise(result)) result.then(undefined, report)
    } catch (error) {
      report(error)
    }
  }
  return listeners.length > 0
}
