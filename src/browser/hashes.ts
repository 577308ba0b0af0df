/**
 * SHA-1 and SHA-2 (FIPS 180-4) for hashes that are needed at once: those of WebCrypto come later, and not at all on plain HTTP. What is
 * hashed here is short, so this is small rather than fast. SHA-512 has `BigInt`s for words: a page makes a key or two with it.
 */

const PRIMES = Array.from({ length: 408 }, (_, i) => i + 2).filter(n => {
  for (let divisor = 2; divisor * divisor <= n; divisor++) if (n % divisor === 0) return false
  return true
})
/** The first 64 bits of the fractions of roots of primes. SHA-256 has the first 32 of them. */
const SQUARE_ROOTS = PRIMES.slice(0, 8).map(prime => fractionOfRoot(prime, 2n))
const CUBE_ROOTS = PRIMES.map(prime => fractionOfRoot(prime, 3n))
const SQUARE_ROOTS_32 = SQUARE_ROOTS.map(upperHalf)
const CUBE_ROOTS_32 = CUBE_ROOTS.slice(0, 64).map(upperHalf)

export function sha1(bytes: Uint8Array): Buffer {
  const hash = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0]
  for (const block of blocksOf(bytes, 64)) {
    const words: number[] = []
    const word = (i: number) => words[i] ?? 0
    let [a = 0, b = 0, c = 0, d = 0, e = 0] = hash
    for (let i = 0; i < 80; i++) {
      words[i] =
        i < 16 ? block.getInt32(4 * i) : rotate(word(i - 3) ^ word(i - 8) ^ word(i - 14) ^ word(i - 16), 31)
      const next = rotate(a, 27) + roundOfSha1(i, b, c, d) + e + word(i)
      ;[a, b, c, d, e] = [next | 0, a, rotate(b, 2), c, d]
    }
    addTo(hash, [a, b, c, d, e])
  }
  return toBytes(hash)
}

/** The function of a round of SHA-1, and its constant. */
function roundOfSha1(round: number, b: number, c: number, d: number): number {
  if (round < 20) return ((b & c) | (~b & d)) + 0x5a827999
  if (round < 40) return (b ^ c ^ d) + 0x6ed9eba1
  if (round < 60) return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc
  return (b ^ c ^ d) + 0xca62c1d6
}

export function sha256(bytes: Uint8Array): Buffer {
  const hash = [...SQUARE_ROOTS_32]
  for (const block of blocksOf(bytes, 64)) {
    const words: number[] = []
    const word = (i: number) => words[i] ?? 0
    let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = hash
    for (const [i, constant] of CUBE_ROOTS_32.entries()) {
      const [x, y] = [word(i - 15), word(i - 2)]
      const s0 = rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3)
      const s1 = rotate(y, 17) ^ rotate(y, 19) ^ (y >>> 10)
      words[i] = i < 16 ? block.getInt32(4 * i) : (word(i - 16) + s0 + word(i - 7) + s1) | 0
      const S0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
      const S1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
      const sum = h + S1 + ((e & f) ^ (~e & g)) + constant + word(i)
      const next = sum + S0 + ((a & b) ^ (a & c) ^ (b & c))
      ;[a, b, c, d, e, f, g, h] = [next | 0, a, b, c, (d + sum) | 0, e, f, g]
    }
    addTo(hash, [a, b, c, d, e, f, g, h])
  }
  return toBytes(hash)
}

export function sha512(bytes: Uint8Array): Buffer {
  let hash = SQUARE_ROOTS
  for (const block of blocksOf(bytes, 128)) {
    const words: bigint[] = []
    const word = (i: number) => words[i] ?? 0n
    let [a = 0n, b = 0n, c = 0n, d = 0n, e = 0n, f = 0n, g = 0n, h = 0n] = hash
    for (const [i, constant] of CUBE_ROOTS.entries()) {
      const [x, y] = [word(i - 15), word(i - 2)]
      const s0 = rotate64(x, 1n) ^ rotate64(x, 8n) ^ (x >> 7n)
      const s1 = rotate64(y, 19n) ^ rotate64(y, 61n) ^ (y >> 6n)
      words[i] = i < 16 ? block.getBigUint64(8 * i) : to64(word(i - 16) + s0 + word(i - 7) + s1)
      const S0 = rotate64(a, 28n) ^ rotate64(a, 34n) ^ rotate64(a, 39n)
      const S1 = rotate64(e, 14n) ^ rotate64(e, 18n) ^ rotate64(e, 41n)
      const sum = h + S1 + ((e & f) ^ (~e & g)) + constant + word(i)
      const next = sum + S0 + ((a & b) ^ (a & c) ^ (b & c))
      ;[a, b, c, d, e, f, g, h] = [to64(next), a, b, c, to64(d + sum), e, f, g]
    }
    const added = [a, b, c, d, e, f, g, h]
    hash = hash.map((value, i) => to64(value + (added[i] ?? 0n)))
  }
  return Buffer.concat(hash.map(value => toBytes([upperHalf(value), Number(BigInt.asIntN(32, value))])))
}

/** The blocks of what is hashed: its bytes, a bit, zeros, and its length in bits. */
function* blocksOf(bytes: Uint8Array, size: number): Generator<DataView> {
  const padded = new Uint8Array(Math.ceil((bytes.length + 1 + size / 8) / size) * size)
  padded.set(bytes)
  padded[bytes.length] = 0x80
  new DataView(padded.buffer).setBigUint64(padded.length - 8, BigInt(bytes.length) * 8n)
  for (let at = 0; at < padded.length; at += size) yield new DataView(padded.buffer, at, size)
}

function addTo(hash: number[], added: readonly number[]): void {
  for (const [i, value] of added.entries()) hash[i] = (value + (hash[i] ?? 0)) | 0
}

function toBytes(words: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * words.length)
  for (const [i, word] of words.entries()) bytes.writeInt32BE(word | 0, 4 * i)
  return bytes
}

/** Rotates to the right. */
function rotate(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits))
}

function rotate64(word: bigint, bits: bigint): bigint {
  return to64((word >> bits) | (word << (64n - bits)))
}

function to64(value: bigint): bigint {
  return BigInt.asUintN(64, value)
}

function upperHalf(word: bigint): number {
  return Number(BigInt.asIntN(32, word >> 32n))
}

/** The first 64 bits after the point, by Newton's method from above. */
function fractionOfRoot(value: number, degree: bigint): bigint {
  const scaled = BigInt(value) << (64n * degree)
  let root = BigInt(value) << 64n
  for (;;) {
    const next = ((degree - 1n) * root + scaled / root ** (degree - 1n)) / degree
    if (next >= root) return to64(root)
    root = next
  }
}
