/** Messages as others see them: ids are bytes, also those of signals, which are read into objects of this package. */

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

/** What a method of the application's own calls a signal stays as it is. */
function toPlain(value: unknown): unknown {
  return isSignal(value) ? encodeSignal(value) : value
}

function isSignal(value: unknown): value is SignalReply {
  return typeof value === 'object' && value !== null && 'id' in value && value.id instanceof Id
}
