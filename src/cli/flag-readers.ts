/** Reads what is given for a flag. Each throws a sentence with the flag, the value, and what it should be. */

import { resolve } from 'node:path'
import { quote } from '../quoting.js'
import { suggest } from '../unknown-name.js'
import { UsageError } from './user-error.js'

/** Reads the values of a flag: texts, from the command line, the environment or the config file. @param flag as it is typed */
export type Reader<Value> = (flag: string, given: string[]) => Value

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

/** The same with `null` for a flag that was not given. */
export function optional<Value>(read: Reader<Value>): Reader<Value | null> {
  return read
}
