/** Checks of message fields: each takes an unknown value, and returns a typed value or `undefined`. */

import { isBytes } from '../is-bytes.js'
import { type Bencoded, dictionary, encode } from './bencode.js'

/** Reads one field; `undefined` if it is wrong. */
export type Field<T> = (value: Bencoded) => T | undefined

/** A byte string of `min` to `max` bytes. */
export function byteString(min: number, max = min): Field<Buffer> {
  return value => (isBytes(value) && value.length >= min && value.length <= max ? value : undefined)
}

/** An integer from `min` to `max`. */
export function integer(min: number, max: number): Field<number> {
  return value =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max
      ? value
      : undefined
}

/** Any value of at most `max` bytes when bencoded. */
export function anyValue(max: number): Field<Bencoded> {
  return value => (encode(value).length <= max ? value : undefined)
}

/** A list of at most `max` values. */
export function list<T>(max: number, item: Field<T>): Field<T[]> {
  return value => {
    if (!Array.isArray(value) || value.length > max) return undefined
    const items: T[] = []
    for (const entry of value) {
      const checked = item(entry)
      if (checked === undefined) return undefined
      items.push(checked)
    }
    return items
  }
}

/** A byte string that holds text of at most `max` bytes. What is no UTF-8 would come out three times as long. */
export function text(max: number): Field<string> {
  const bytes = byteString(0, max)
  return value => {
    const raw = bytes(value)
    const string = raw?.toString()
    return string !== undefined && Buffer.byteLength(string) === raw?.length ? string : undefined
  }
}

type Fields = Record<string, Field<unknown>>
type Values<F extends Fields> = { [Name in keyof F]: F[Name] extends Field<infer T> ? T : never }

/** The fields that a dictionary must and may hold. Keys that it does not name are ignored. Made by `shape`. */
export interface Shape<T = object> {
  /** In this order they are read. */
  readonly fields: readonly ShapeField[]
  /** The field is a `T`. This is for the compiler alone. */
  readonly read?: T
}

interface ShapeField {
  readonly name: string
  readonly read: Field<unknown>
  readonly isRequired: boolean
}

/** The result of reading a dictionary with this shape. */
export type Read<S> = S extends Shape<infer T> ? T : never

export function shape<Required extends Fields, Optional extends Fields = Record<never, never>>(
  required: Required,
  optional?: Optional
): Shape<Values<Required> & Partial<Values<Optional>>> {
  return {
    fields: [
      ...Object.entries(required).map(([name, read]) => ({ name, read, isRequired: true })),
      ...Object.entries(optional ?? {}).map(([name, read]) => ({ name, read, isRequired: false }))
    ]
  }
}

/** Reads all fields of a dictionary, or names the first one that is missing or wrong. Nothing is in what is no dictionary. */
export function readFields<T>(
  from: Bencoded | undefined,
  { fields }: Shape<T>
): { fields: T } | { wrong: string } {
  const entries = dictionary(from) ?? {}
  const values: Record<string, unknown> = {}
  for (const { name, read, isRequired } of fields) {
    const given = entries[name]
    if (given === undefined && !isRequired) continue
    const value = given === undefined ? undefined : read(given)
    if (value === undefined) return { wrong: name }
    values[name] = value
  }
  return { fields: values as T }
}
