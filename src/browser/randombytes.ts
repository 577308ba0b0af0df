/** The part of `randombytes` that upstream packages use. */

export default function randomBytes(size: number): Uint8Array {
  return crypto.getRandomValues(Buffer.alloc(size))
}
