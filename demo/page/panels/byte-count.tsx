/** How much of the room for a value (BEP 44) a text takes. */

import { byteLength, MAX_VALUE_BYTES } from '../model/value-actions.js'

export function ByteCount({ text }: { text: string }) {
  const bytes = byteLength(text)
  return (
    <span class={bytes > MAX_VALUE_BYTES ? 'bytes is-over' : 'bytes'}>
      {bytes} of {MAX_VALUE_BYTES} bytes
    </span>
  )
}
