/**
 * The ed25519 public key of a seed (RFC 8032, section 5.1.5), at once: a node has its id from the start. WebCrypto has no way from one
 * to the other; whatever may come later is left to ed25519.ts.
 */

import { FIELD, readNumber } from '../wire/ed25519-encoding.js'
import { sha512 } from './hashes.js'

/** In extended coordinates (section 5.1.4). */
interface Point {
  readonly x: bigint
  readonly y: bigint
  readonly z: bigint
  readonly t: bigint
}

const D = modulo(-121665n * inverse(121666n))
const BASE_X = 0x216936d3cd6e53fec0a4e231fdd6dc5c692cc7609525a7b2c9562d608f25d51an
const BASE_Y = modulo(4n * inverse(5n))
const BASE: Point = { x: BASE_X, y: BASE_Y, z: 1n, t: modulo(BASE_X * BASE_Y) }
const NEUTRAL: Point = { x: 0n, y: 1n, z: 1n, t: 0n }

export function publicKeyOf(seed: Uint8Array): Buffer<ArrayBuffer> {
  const { x, y, z } = multiply(BASE, scalarOf(seed))
  const unit = inverse(z)
  const signOfX = modulo(x * unit) & 1n
  const digits = ((signOfX << 255n) | modulo(y * unit)).toString(16).padStart(64, '0')
  return Buffer.from(Buffer.from(digits, 'hex').reverse())
}

function scalarOf(seed: Uint8Array): bigint {
  const number = BigInt.asUintN(254, readNumber(sha512(seed).subarray(0, 32)))
  return (number & ~7n) | (1n << 254n)
}

/** Takes the same steps whatever the scalar is: it is a secret. */
function multiply(point: Point, scalar: bigint): Point {
  let product = NEUTRAL
  let power = point
  for (let bit = 0n; bit < 255n; bit++) {
    const sum = add(product, power)
    product = (scalar >> bit) & 1n ? sum : product
    power = add(power, power)
  }
  return product
}

/** Also of a point to itself. */
function add(first: Point, second: Point): Point {
  const a = (first.y - first.x) * (second.y - second.x)
  const b = (first.y + first.x) * (second.y + second.x)
  const c = modulo(2n * first.t * second.t) * D
  const d = 2n * first.z * second.z
  const [e, f, g, h] = [b - a, modulo(d - c), modulo(d + c), b + a]
  return { x: modulo(e * f), y: modulo(g * h), t: modulo(e * h), z: modulo(f * g) }
}

function modulo(value: bigint): bigint {
  const rest = value % FIELD
  return rest < 0n ? rest + FIELD : rest
}

/** By Fermat's theorem. */
function inverse(value: bigint): bigint {
  let result = 1n
  let power = value
  for (let exponent = FIELD - 2n; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = modulo(result * power)
    power = modulo(power * power)
  }
  return result
}
