/** What upstream packages use of `randombytes`. */

export default function randomBytes(size: number): Uint8Array {
  return crypto.getRandomValues(Buffer.alloc(size))
}
