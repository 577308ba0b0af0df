/** Values to put, as users give them, for upstream, which takes nothing but `Buffer`s. */

import { asBuffer } from '../as-buffer.js'
import type { BufferPut, MutablePut, Verify } from '../upstream.js'

/** The value that `put` was given, with `Buffer`s: any views are taken, also those of another realm. Others are upstream's to refuse. */
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

/** The check of a signature, given `Buffer`s: upstream's own message is a `Uint8Array`. */
export function withBuffers(verify: Verify): Verify {
  return (signature, message, publicKey) =>
    verify(asBuffer(signature), asBuffer(message), asBuffer(publicKey))
}

function toBuffer(value: unknown): unknown {
  if (typeof value === 'string') return Buffer.from(value)
  return ArrayBuffer.isView(value) ? asBuffer(value) : value
}
