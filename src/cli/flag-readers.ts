/** Reads what is given for a flag. Each throws a sentence with the flag, the value, and what it should be. */

import { resolve } from 'node:path'
import { parsePlace } from '../place.js'
import { quote } from '../quoting.js'
import { suggest } from '../unknown-name.js'
import { UsageError } from './user-error.js'

/** Reads the values of a flag: texts, from the command line, the environment or the config file. @param flag as it is typed */
export type Reader<Value> = (flag: string, given: string[]) => Value

/** Where others reach this node's HTTP server. */
export interface PublicPlace {
  address: string
  port: number
  /** Whether it is reached by HTTPS; `null`: as it listens. */
  isSecure: boolean | null
}

/** The error for a wrong value. @param wanted to go on with "it should be" */
export function wrong(flag: string, value: string, wanted: string): UsageError {
  return new UsageError(`${flag} is ${quote(value)}; it should be ${wanted}`)
}

export const text: Reader<string> = (flag, given) => {
  const [value = '', ...more] = given
  if (more.length > 0) throw new UsageError(`${flag} is given ${given.length} times; it should be given once`)
  if (value === '') throw new UsageError(`${flag} has no value`)
  return value
}

/** Texts with commas between them. */
export const list: Reader<string[]> = (flag, given) => {
  const values = given.flatMap(value => value.split(/[\s,]+/)).filter(value => value !== '')
  if (values.length === 0) throw new UsageError(`${flag} has no value`)
  return values
}

/** A path, from the folder where the program was started. */
export const path: Reader<string> = (flag, given) => resolve(text(flag, given))

export function whole(least: number, most = Number.MAX_SAFE_INTEGER): Reader<number> {
  const range = most === Number.MAX_SAFE_INTEGER ? `of ${least} or more` : `from ${least} to ${most}`
  return (flag, given) => {
    const value = text(flag, given)
    const number = /^\d{1,16}$/.test(value) ? Number(value) : Number.NaN
    if (number >= least && number <= most) return number
    throw wrong(flag, value, `a whole number ${range}`)
  }
}

export function oneOf<Name extends string>(...names: Name[]): Reader<Name> {
  return (flag, given) => {
    const value = text(flag, given)
    const found = names.find(name => name === value)
    if (found !== undefined) return found
    throw wrong(flag, value, `one of ${names.join(', ')}${suggest(value, names)}`)
  }
}

/** `true` or `false`. */
export const yesOrNo: Reader<boolean> = (flag, given) => {
  const value = text(flag, given)
  if (value === 'true' || value === 'false') return value === 'true'
  throw wrong(flag, value, 'true or false')
}

export const publicPlace: Reader<PublicPlace> = (name, given) => {
  const value = text(name, given)
  const found = parsePlace(value)
  if (!found) throw wrong(name, value, 'host:port, or a URL: https://dht.example.org')
  if (/^(0\.0\.0\.0|\[::\])$/.test(found.host)) throw wrong(name, value, 'an address that others reach')
  const isSecure = found.url === null ? null : found.url.startsWith('https:')
  return { address: found.host, port: found.port, isSecure }
}

/** STUN servers; `none` is an empty list. */
export const servers: Reader<string[]> = (name, given) => {
  const texts = list(name, given)
  if (texts.length === 1 && texts[0] === 'none') return []
  return texts.map(server => (/^stuns?:/i.test(server) ? server : `stun:${server}`))
}

/** `2` proxies, or where they are. */
export const proxies: Reader<string[] | number> = (name, given) => {
  const texts = list(name, given)
  return texts.length === 1 && /^\d+$/.test(texts[0] ?? '') ? Number(texts[0]) : texts
}

/** The same with `null` for a flag that was not given. */
export function optional<Value>(read: Reader<Value>): Reader<Value | null> {
  return read
}
