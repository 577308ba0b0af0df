/**
 * Ed25519 keys and signatures that all implementations read alike. node:crypto, WebCrypto and noble differ about the others ("Taming the
 * many EdDSAs", Chalkias, Garillot and Nikolaenko, 2020): one node would store what another takes for forged.
 */

const KEY_BYTES = 32
const SIGNATURE_BYTES = 64
/** @internal The field has the elements below 2^255 - 19. */
export const FIELD = 2n ** 255n - 19n
/** The order of the base point (RFC 8032, section 5.1). */
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n
/** The y of the points of order 8, for either sign; that of the others of small order are 0, 1 and -1. */
const ORDER_8 = 0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n
const SMALL_ORDER = [0n, 1n, FIELD - 1n, ORDER_8, FIELD - ORDER_8]

/** Whether key and signature have one spelling only, and neither the key nor the signature's point is one of the eight of small order. */
export function isStrict(signature: Uint8Array, publicKey: Uint8Array): boolean {
  if (signature.length !== SIGNATURE_BYTES || publicKey.length !== KEY_BYTES) return false
  const scalar = readNumber(signature.subarray(KEY_BYTES))
  return isStrictPoint(publicKey) && isStrictPoint(signature.subarray(0, KEY_BYTES)) && scalar < ORDER
}

/** A number, the lowest byte first. */
export function readNumber(bytes: Uint8Array): bigint {
  return bytes.reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n)
}

/** @internal The number that a hash stands for in the equation of a signature. */
export function toScalar(hash: Uint8Array): bigint {
  return readNumber(hash) % ORDER
}

function isStrictPoint(point: Uint8Array): boolean {
  const y = BigInt.asUintN(255, readNumber(point)) // the highest bit is the sign of x
  return y < FIELD && !SMALL_ORDER.includes(y)
}
