/** Turns messages into plain fields for listeners: signals, which were parsed into objects, get ids of bytes again. */

import { Id } from '../id.js'
import { encodeSignal, type SignalReply } from '../wire/signal.js'

/** @param fields the arguments of a query, or the values of a reply */
export function toPlainFields<Fields>(fields: Fields): Fields {
  if (typeof fields !== 'object' || fields === null) return fields
  const { signal, signals } = fields as { signal?: unknown; signals?: unknown }
  return signal === undefined && signals === undefined
    ? fields
    : {
        ...fields,
        ...(signal !== undefined && { signal: toPlain(signal) }),
        ...(signals !== undefined && { signals: Array.isArray(signals) ? signals.map(toPlain) : signals })
      }
}

/** A field of an application's own method that is called `signal` stays as it is. */
function toPlain(value: unknown): unknown {
  return isSignal(value) ? encodeSignal(value) : value
}

function isSignal(value: unknown): value is SignalReply {
  return typeof value === 'object' && value !== null && 'id' in value && value.id instanceof Id
}
