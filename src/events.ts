/** Typed events on Node.js' own emitter. */

import { EventEmitter } from 'node:events'

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
  return EventEmitter as unknown as new () => TypedEmitter<Events>
}
