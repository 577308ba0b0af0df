/** Converts values to put for upstream, which takes nothing but `Buffer`s. */

import { asBuffer } from '../as-buffer.js'
import type { BufferPut, MutablePut, Verify } from '../upstream.js'

/** Converts a value to `Buffer`s, from views of any realm too. Upstream refuses all other types. */
export function toBufferPut(value: Uint8Array | string | { v: Uint8Array | string } | MutablePut): BufferPut {
  if (typeof value === 'string' || ArrayBuffer.isView(value)) return { v: toBuffer(value) as Buffer }
  const { v, k, sig, salt, sign, ...others }: Partial<MutablePut> = value
  const bytes = Object.entries({ v, k, sig, salt }).flatMap(([name, field]) =>
    field === undefined ? [] : [[name, toBuffer(field)]]
  )
  const signs = typeof sign === 'function' && {
    sign: (message: Uint8Array) => asBuffer(sign(asBuffer(message)))
  }
  return { ...others, ...(Object.fromEntries(bytes) as Pick<BufferPut, 'v'>), ...signs }
}

/** Wraps a check of signatures, so that it gets `Buffer`s: upstream passes the message as a `Uint8Array`. */
export function withBuffers(verify: Verify): Verify {
  return (signature, message, publicKey) =>
    verify(asBuffer(signature), asBuffer(message), asBuffer(publicKey))
}

function toBuffer(value: unknown): unknown {
  if (typeof value === 'string') return Buffer.from(value)
  return ArrayBuffer.isView(value) ? asBuffer(value) : value
}
