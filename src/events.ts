/** Typed events on Node.js' own emitter. */

import { EventEmitter as NodeEventEmitter } from 'node:events'

// biome-ignore lint/suspicious/noExplicitAny: as Node.js declares it: the arguments depend on the event
export type Listener = (...args: any[]) => void
type EventName = string | symbol

/** An emitter of any events: Node.js' own, declared here so that pages can be type-checked without its types. */
export interface EventEmitter {
  addListener(event: EventName, listener: Listener): this
  on(event: EventName, listener: Listener): this
  once(event: EventName, listener: Listener): this
  prependListener(event: EventName, listener: Listener): this
  prependOnceListener(event: EventName, listener: Listener): this
  removeListener(event: EventName, listener: Listener): this
  off(event: EventName, listener: Listener): this
  removeAllListeners(event?: EventName): this
  setMaxListeners(count: number): this
  getMaxListeners(): number
  listeners(event: EventName): Listener[]
  rawListeners(event: EventName): Listener[]
  listenerCount(event: EventName): number
  eventNames(): EventName[]
  emit(event: EventName, ...args: Parameters<Listener>): boolean
}

/** Event names with the tuples of their arguments. */
export type EventMap = Record<string, unknown[]>

/** An emitter of the events in a map, and of no others: a name that is not there does not compile. */
export interface TypedEmitter<Events extends EventMap> {
  addListener<Name extends keyof Events>(event: Name, listener: (...args: Events[Name]) => void): this
  on<Name extends keyof Events>(event: Name, listener: (...args: Events[Name]) => void): this
  once<Name extends keyof Events>(event: Name, listener: (...args: Events[Name]) => void): this
  prependListener<Name extends keyof Events>(event: Name, listener: (...args: Events[Name]) => void): this
  prependOnceListener<Name extends keyof Events>(event: Name, listener: (...args: Events[Name]) => void): this
  removeListener<Name extends keyof Events>(event: Name, listener: (...args: Events[Name]) => void): this
  off<Name extends keyof Events>(event: Name, listener: (...args: Events[Name]) => void): this
  removeAllListeners(event?: keyof Events): this
  setMaxListeners(count: number): this
  getMaxListeners(): number
  listeners<Name extends keyof Events>(event: Name): ((...args: Events[Name]) => void)[]
  rawListeners<Name extends keyof Events>(event: Name): ((...args: Events[Name]) => void)[]
  listenerCount(event: keyof Events): number
  eventNames(): EventName[]
  emit<Name extends keyof Events>(event: Name, ...args: Events[Name]): boolean
}

/** @internal The emitter class for a map of events: `class X extends emitter<XEvents>()`. */
export function emitter<Events extends EventMap>(): new () => TypedEmitter<Events> {
  return NodeEventEmitter as unknown as new () => TypedEmitter<Events>
}
