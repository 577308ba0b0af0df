/** Reads the command line, the environment (`WEBTORRENT_DHT_…`) and the config file. */

import { readFileSync } from 'node:fs'
import yargs, { type Argv } from 'yargs'
import { suggest } from '../unknown-name.js'
import { yesOrNo } from './flag-readers.js'
import { COMMANDS, type CommandName, FLAGS, type Flag, GROUPS } from './flags.js'
import { LIMITS } from './limits.js'
import { removeServiceLinks } from './service-links.js'
import { flagsOf, resolveSettings, type Settings, toFlag } from './settings.js'
import { messageOf } from './text.js'
import { UsageError } from './user-error.js'
import { version } from './version.js'

/** The arguments of a command, and its help. */
const USAGES: Record<CommandName, { args: string[]; help: string }> = {
  serve: { args: [], help: 'run a node that others join at; this is also done without a command' },
  lookup: {
    args: ['<torrent>'],
    help: 'find who has announced a torrent: an info hash, a magnet link, or any text'
  },
  announce: { args: ['<torrent>', '[peer-port]'], help: 'announce a torrent, until Ctrl-C' },
  get: { args: ['<target>'], help: 'get a stored value by the key that put shows' },
  put: { args: ['[value]'], help: 'store a text; without one, what comes on standard input' },
  id: { args: [], help: "show the node's id and public key" },
  doctor: { args: [], help: "say what this machine's network allows" }
}

const PROGRAM = 'webtorrent-dht'
const ENVIRONMENT = 'WEBTORRENT_DHT'
const WIDTH = 110
const SWITCHES = Object.entries<Flag<unknown>>(FLAGS).flatMap(([name, { kind }]) =>
  kind === 'switch' ? name : []
)
const NO_FLAGS = ['_', '$0', 'help', 'h', 'version', 'config', 'peer-port', 'peerPort']
const EPILOGUE = `Every flag can be given in the environment as well, ${ENVIRONMENT}_MAX_CONNECTIONS=500 for example, or
${ENVIRONMENT}_LIMITS__OFFERS=20, and in the config file: {"maxConnections": 500, "limits": {"offers": 20}}.
The command line is stronger than the environment, and the environment than the file.`

export interface CommandLine {
  command: CommandName
  settings: Settings
  /** The arguments of the command, by name: `torrent`, `value`, … */
  args: Readonly<Record<string, string>>
}

/** @returns a text to print, for `--help` and `--version` @throws UsageError */
export function readCommandLine(args: string[]): CommandLine | string {
  removeServiceLinks(process.env, ENVIRONMENT)
  checkInherited(args)
  checkSwitches(args)
  let command: CommandName = 'serve'
  let output = ''
  let failure: unknown
  const parser = createParser(args, chosen => {
    command = chosen
  })
  // Its own `exit` and `console` would be called without the callback.
  const parsed = parser.parse(args, (error: unknown, _: unknown, text: string) => {
    failure = error
    output = text
  })
  if (failure) throw new UsageError(explain(failure, args))
  if (output !== '') return output
  const given: Record<string, unknown> = { ...parsed }
  checkArguments(command, given._)
  checkFlags(command, args)
  checkNames(given, args)
  return { command, settings: resolveSettings(given), args: readArguments(command, given) }
}

/** The words of a failure; of one that is about a missing argument, all that belongs there. */
function explain(failure: unknown, args: string[]): string {
  const message = messageOf(failure).trim()
  if (message === 'Invalid JSON config file: true') return '--config has no value'
  const command = COMMANDS.find(name => args.includes(name))
  return command && /^Not enough non-option/.test(message)
    ? `${command} needs more. Type: ${usageOf(command)}`
    : message
}

function usageOf(command: CommandName): string {
  return [PROGRAM, command, ...USAGES[command].args].join(' ')
}

function createParser(args: string[], onCommand: (command: CommandName) => void): Argv {
  const parser = yargs(args)
    .scriptName(PROGRAM)
    .parserConfiguration({
      'greedy-arrays': false,
      'parse-positional-numbers': false,
      'parse-numbers': false
    })
    .usage('$0 [command] [flags]\n\nA node of the WebTorrent DHT, over WebRTC.')
    .env(ENVIRONMENT)
    .config('config', 'a JSON file with flags', readConfig)
    .help()
    .alias('help', 'h')
    .version(version)
    .locale('en')
    .wrap(Math.min(WIDTH, process.stdout.columns ?? WIDTH))
    .epilogue(EPILOGUE)
    .exitProcess(false)
  for (const command of COMMANDS) {
    const { args: names, help } = USAGES[command]
    const usage = [command, ...names].join(' ')
    parser.command(
      command === 'serve' ? [usage, '$0'] : usage,
      help,
      builder => declareFlags(builder, command),
      () => onCommand(command)
    )
  }
  return parser
}

function declareFlags(builder: Argv, command: CommandName): void {
  for (const name of USAGES[command].args) builder.positional(name.slice(1, -1), { type: 'string' })
  for (const group of GROUPS) {
    for (const [name, flag] of flagsOf(command).filter(([, flag]) => flag.group === group)) {
      const shown = typeof flag.shown === 'function' ? flag.shown(command) : flag.shown
      builder.option(toFlag(name).slice(2), {
        group: `${group}:`,
        describe: flag.help,
        type: flag.kind === 'switch' ? 'boolean' : 'string',
        array: flag.kind === 'several',
        defaultDescription: shown ?? String(flag.byDefault)
      })
    }
  }
  if (command !== 'serve') return
  for (const [group, limits] of Object.entries(LIMITS)) {
    for (const [name, { help: describe, byDefault }] of Object.entries(limits)) {
      const defaultDescription = String(byDefault)
      builder.option(`${group}.${name}`, { group: 'Limits:', describe, type: 'string', defaultDescription })
    }
  }
}

function readConfig(path: string): object {
  try {
    const config: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (typeof config === 'object' && config !== null && !Array.isArray(config)) {
      for (const name of SWITCHES)
        checkSwitch(name, Object.entries(config).find(([key]) => toFlag(key) === toFlag(name))?.[1])
      return config
    }
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(`--config is '${path}', which cannot be read: ${messageOf(error)}`)
  }
  throw new UsageError(`--config is '${path}'; it should be a JSON object: {"port": 16881}`)
}

/** yargs looks flags up in plain objects, and fails at what these inherit: `--constructor`. */
function checkInherited(args: string[]): void {
  const flags = args.filter(arg => arg.startsWith('--')).map(arg => arg.replace(/[=.].*$/s, ''))
  const inherited = Object.getOwnPropertyNames(Object.prototype)
  const wrong = flags.find(flag => inherited.some(name => flag === `--${name}` || flag === toFlag(name)))
  if (wrong !== undefined) throw new UsageError(`There is no flag ${wrong}`)
}

/** yargs would take any word but `true` for `false`. */
function checkSwitches(args: string[]): void {
  for (const name of SWITCHES) {
    const flag = toFlag(name)
    checkSwitch(name, process.env[`${ENVIRONMENT}_${flag.slice(2).replaceAll('-', '_').toUpperCase()}`])
    for (const arg of args) if (arg.startsWith(`${flag}=`)) checkSwitch(name, arg.slice(flag.length + 1))
  }
}

function checkSwitch(name: string, value: unknown): void {
  if (value !== undefined && value !== null) yesOrNo(toFlag(name), [String(value)])
}

function checkArguments(command: CommandName, given: unknown): void {
  const rest = Array.isArray(given) ? given.map(String) : []
  const extra = rest.find(word => word !== command)
  if (extra === undefined) return
  if (command === 'serve' && rest[0] !== 'serve')
    throw new UsageError(`There is no command '${extra}'${suggest(extra, COMMANDS)}`)
  throw new UsageError(`'${extra}' is too much. Type: ${usageOf(command)}. A text with spaces needs quotes`)
}

/** A flag of another command that is typed; in the environment or the config file it may stand for all of them. */
function checkFlags(command: CommandName, args: string[]): void {
  const end = args.indexOf('--')
  const typed = (end < 0 ? args : args.slice(0, end)).filter(arg => arg.startsWith('--'))
  const names = typed.map(arg => arg.replace(/=.*$/s, '').replace(/^--no-/, '--'))
  const own = flagNames([command])
  const all = flagNames(COMMANDS)
  const foreign = names.find(name => all.includes(name) && !own.includes(name))
  if (foreign !== undefined)
    throw new UsageError(`${command} has no flag ${foreign}. See ${PROGRAM} ${command} --help`)
}

function flagNames(commands: readonly CommandName[]): string[] {
  return commands.flatMap(command => flagsOf(command).map(([name]) => toFlag(name)))
}

function checkNames(given: Record<string, unknown>, args: string[]): void {
  const known = flagNames(COMMANDS)
  const positionals = COMMANDS.flatMap(command => USAGES[command].args.map(name => name.slice(1, -1)))
  for (const name of Object.keys(given)) {
    const flag = name.length === 1 ? `-${name}` : toFlag(name)
    if ([...NO_FLAGS, ...positionals].includes(name) || known.includes(flag)) continue
    if (Object.hasOwn(LIMITS, name.replace('-l', 'L'))) continue
    const isTyped = args.some(arg => arg.startsWith(flag))
    const where = isTyped ? '' : ', which the environment or the config file has'
    throw new UsageError(`There is no flag ${flag}${where}${suggest(flag, known)}`)
  }
}

function readArguments(command: CommandName, given: Record<string, unknown>): Record<string, string> {
  const names = USAGES[command].args.map(name => name.slice(1, -1))
  return Object.fromEntries(
    names.flatMap(name => (given[name] === undefined ? [] : [[name, String(given[name])]]))
  )
}
