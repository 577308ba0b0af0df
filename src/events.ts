/** Typed events on Node.js' own emitter. */

import { EventEmitter as NodeEventEmitter } from 'node:events'

// biome-ignore lint/suspicious/noExplicitAny: as Node.js declares it: the arguments depend on the event
export type Listener = (...args: any[]) => void
type EventName = string | symbol

/** Node.js' emitter, declared here so that pages can be type-checked without the types of Node.js. */
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

export interface TypedEmitter<Events extends EventMap> extends EventEmitter {
  on<Name extends keyof Events & string>(event: Name, listener: (...args: Events[Name]) => void): this
  once<Name extends keyof Events & string>(event: Name, listener: (...args: Events[Name]) => void): this
  off<Name extends keyof Events & string>(event: Name, listener: (...args: Events[Name]) => void): this
  emit<Name extends keyof Events & string>(event: Name, ...args: Events[Name]): boolean
}

/** The emitter class for a map of events: `class X extends emitter<XEvents>()`. */
export function emitter<Events extends EventMap>(): new () => TypedEmitter<Events> {
  return NodeEventEmitter as unknown as new () => TypedEmitter<Events>
}
