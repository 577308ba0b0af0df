/** Bytes as hex digits, without a `Buffer`: not every build for pages has one. */

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
}
