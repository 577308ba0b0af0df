/** The settings: every flag, checked, with its default. The command line is stronger than the environment, and that than the config file. */

import type { HttpLimits } from '../entrances/server-interface.js'
import type { Limits } from '../limits.js'
import { suggest } from '../unknown-name.js'
import { type Reader, whole } from './flag-readers.js'
import { type CommandName, FLAGS, type Flag, type FlagName } from './flags.js'
import { LIMITS } from './limits.js'
import { UsageError } from './user-error.js'

export type Settings = { readonly [Name in FlagName]: (typeof FLAGS)[Name]['byDefault'] } & {
  readonly limits: Partial<Limits>
  readonly httpLimits: Partial<HttpLimits>
}

/** A flag as it is typed. */
export function toFlag(name: string): string {
  return `--${name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`
}

/** The flags of a command. */
export function flagsOf(command: CommandName): [name: string, flag: Flag<unknown>][] {
  return Object.entries<Flag<unknown>>(FLAGS).filter(([, { commands }]) => commands.includes(command))
}

/** @param given the values, by the names of flags in camel case @throws UsageError */
export function resolveSettings(given: Record<string, unknown>): Settings {
  const flags = Object.entries<Flag<unknown>>(FLAGS).map(([name, { read, byDefault }]) => {
    return [name, readOne(toFlag(name), given[name], read) ?? byDefault] as const
  })
  const limits = Object.entries(LIMITS).map(([name, defaults]) => {
    return [name, readLimits(name, given[name], Object.keys(defaults))] as const
  })
  const settings = Object.fromEntries([...flags, ...limits]) as Settings
  const { cert, key, turn, turnSecret, workers, identity } = settings
  if ((cert === null) !== (key === null)) throw new UsageError('--cert and --key belong together')
  if ((turnSecret === null) !== (turn.length === 0))
    throw new UsageError('--turn and --turn-secret belong together')
  if (workers > 1 && identity !== null)
    throw new UsageError('--identity is for one node; with --workers, --data keeps a key for each')
  return settings
}

function readOne<Value>(flag: string, given: unknown, read: Reader<Value>): Value | undefined {
  if (given === undefined || given === null) return undefined
  const values = [given].flat()
  if (values.some(value => typeof value === 'object'))
    throw new UsageError(`${flag} has fields; it should be a text, a number, or a list of these`)
  return read(flag, values.map(String))
}

function readLimits(group: string, given: unknown, names: string[]): Record<string, number> {
  if (given === undefined || given === null) return {}
  if (typeof given !== 'object') throw new UsageError(`--${group} needs a name: --${group}.${names[0]}`)
  const limits = Object.entries(given).flatMap(([name, value]) => {
    if (name.includes('-')) return [] // the other spelling of the same
    if (!names.includes(name))
      throw new UsageError(`There is no flag --${group}.${name}${suggest(name, names)}`)
    const limit = readOne(`--${group}.${name}`, value, whole(1))
    return limit === undefined ? [] : [[name, limit] as const]
  })
  return Object.fromEntries(limits)
}
