/**
 * Node.js' `EventEmitter` in pages, without its warning of many listeners, its promises, its iterators and what goes with
 * domains. Its state is created with the first listener: `k-rpc` inherits without a call to the constructor at the start.
 */

type EventName = string | symbol
/** That of `once` is wrapped; what was given is in `listener`. */
type Listener = ((...args: unknown[]) => unknown) & { listener?: Listener }

/** The lists are replaced, never written to: an `emit` under way goes on with the one that it began with. */
const listenersOf = new WeakMap<object, Map<EventName, readonly Listener[]>>()

class Emitter {
  on(event: EventName, listener: Listener): this {
    return add(this, event, listener, false)
  }

  addListener(event: EventName, listener: Listener): this {
    return this.on(event, listener)
  }

  prependListener(event: EventName, listener: Listener): this {
    return add(this, event, listener, true)
  }

  once(event: EventName, listener: Listener): this {
    return this.on(event, onlyOnce(this, event, listener))
  }

  prependOnceListener(event: EventName, listener: Listener): this {
    return this.prependListener(event, onlyOnce(this, event, listener))
  }

  removeListener(event: EventName, listener: Listener): this {
    const list = this.rawListeners(event)
    const removed = list.filter(other => other === listener || other.listener === listener).at(-1)
    if (!removed) return this
    list.splice(list.lastIndexOf(removed), 1)
    replace(this, event, list)
    this.emit('removeListener', event, removed.listener ?? removed)
    return this
  }

  off(event: EventName, listener: Listener): this {
    return this.removeListener(event, listener)
  }

  removeAllListeners(event?: EventName): this {
    const events = event === undefined ? this.eventNames() : [event]
    // Callers that want to be told of it go last.
    for (const name of events.sort(a => (a === 'removeListener' ? 1 : -1))) {
      for (const listener of this.rawListeners(name).reverse()) this.removeListener(name, listener)
    }
    return this
  }

  emit(event: EventName, ...args: unknown[]): boolean {
    const list = this.rawListeners(event)
    if (event === 'error' && list.length === 0) {
      const [error] = args
      throw error instanceof Error
        ? error
        : Object.assign(new Error(`Unhandled error. (${error})`), { context: error })
    }
    for (const listener of list) listener.apply(this, args)
    return list.length > 0
  }

  rawListeners(event: EventName): Listener[] {
    return [...(listenersOf.get(this)?.get(event) ?? [])]
  }

  listeners(event: EventName): Listener[] {
    return this.rawListeners(event).map(listener => listener.listener ?? listener)
  }

  listenerCount(event: EventName): number {
    return this.rawListeners(event).length
  }

  eventNames(): EventName[] {
    return [...(listenersOf.get(this)?.keys() ?? [])]
  }

  setMaxListeners(): this {
    return this
  }

  getMaxListeners(): number {
    return 0 // no limit
  }
}

/** A function, since a class could not be called as `k-rpc` calls it: `EventEmitter.call(this)`. */
export const EventEmitter = function EventEmitter() {} as unknown as typeof Emitter
Object.defineProperty(EventEmitter, 'prototype', { value: Emitter.prototype })

export default { EventEmitter }

function add<Target extends Emitter>(
  emitter: Target,
  event: EventName,
  listener: Listener,
  isFirst: boolean
): Target {
  if (typeof listener !== 'function') throw new TypeError(`The listener is not a function: ${listener}`)
  emitter.emit('newListener', event, listener.listener ?? listener)
  const list = emitter.rawListeners(event)
  replace(emitter, event, isFirst ? [listener, ...list] : [...list, listener])
  return emitter
}

function replace(emitter: Emitter, event: EventName, list: readonly Listener[]): void {
  const lists = listenersOf.get(emitter) ?? new Map()
  listenersOf.set(emitter, lists)
  if (list.length > 0) lists.set(event, list)
  else lists.delete(event)
}

function onlyOnce(emitter: Emitter, event: EventName, listener: Listener): Listener {
  if (typeof listener !== 'function') return listener // to be refused
  let isCalled = false
  const wrapper: Listener = (...args) => {
    if (isCalled) return undefined
    isCalled = true
    emitter.removeListener(event, wrapper)
    return listener.apply(emitter, args)
  }
  wrapper.listener = listener
  return wrapper
}
