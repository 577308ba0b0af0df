/** The command line: `npm start -- [options]`. */

import { accessSync, constants, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { failed, messageOf } from '../src/cli/text.js'
import { UserError } from '../src/cli/user-error.js'
import { isLoopback, parseHost, parsePlace } from '../src/place.js'

export interface Arguments {
  host: string
  /** 0: any free one. */
  port: number
  /** Where to join, as it was given; `null` starts a DHT. */
  join: string | null
  /** Where others reach this node's HTTP server, if not at `host:port`. */
  publicPlace: { address: string; port: number } | null
  /** Hex digits. */
  id: string | null
  /** The path of the file with this node's key, absolute. */
  keyFile: string | null
  /** The path of what is shared, absolute. */
  seed: string | null
  isQuiet: boolean
  wantsHelp: boolean
}

export const HELP = `A node of the DHT in this terminal.

  npm start                                start a DHT: listen on 127.0.0.1:16881
  npm start -- --join 127.0.0.1:16881      join it from another terminal
  npm start -- --seed film.mp4             share a file: prints a link that opens it in a browser

Options, after the --
  --join host:port     join the DHT that this node belongs to (or a URL: https://dht.example.org)
  --port number        listen on this port (default: 16881; with --join any free one)
  --host address       listen on this address (default: 127.0.0.1; 0.0.0.0 is all of this machine's)
  --public host:port   where others reach this node, if that differs (a proxy, a port forwarding)
  --key path           this node's key, to have the same id next time: a file, which is made if there is none
  --id digits          an id without a key, 40 hex digits (default: that of a new key)
  --seed path          share a file or a folder, without a tracker; WebTorrent opens a TCP port for it, too
  --quiet              do not show what happens, only what commands find
  --help               this text`

const DEFAULT_HOST = '127.0.0.1'
const DEFAULT_PORT = 16881

const OPTIONS = {
  join: { type: 'string' },
  port: { type: 'string' },
  host: { type: 'string' },
  public: { type: 'string' },
  id: { type: 'string' },
  key: { type: 'string' },
  seed: { type: 'string' },
  quiet: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' }
} as const

/** Reads the command line. Help and mistakes are printed, and end the process. */
export function readArguments(args: string[]): Arguments {
  try {
    const given = parseArguments(args)
    if (!given.wantsHelp) return given
    console.log(HELP)
    process.exit(0)
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    console.error(failed(messageOf(error)))
    process.exit(1)
  }
}

/** Reads the command line. @throws UserError that says what is expected */
export function parseArguments(args: string[]): Arguments {
  checkTakenByNpm(args)
  const values = parse(args)
  const join = values.join === undefined ? null : parseJoin(values.join)
  return {
    host: values.host ?? DEFAULT_HOST,
    port: values.port === undefined ? (join === null ? DEFAULT_PORT : 0) : parsePort(values.port),
    join,
    publicPlace: values.public === undefined ? null : parsePublic(values.public),
    id: values.id === undefined ? null : parseId(values.id),
    keyFile: values.key === undefined ? null : resolve(process.env.INIT_CWD ?? '', values.key),
    seed: values.seed === undefined ? null : parseSeed(values.seed),
    isQuiet: values.quiet ?? false,
    wantsHelp: values.help ?? false
  }
}

/** Whether a host is this machine itself, so that nobody else can be meant. */
export function isThisMachine(host: string): boolean {
  return isLoopback(parseHost(host) ?? '')
}

/** Where a `--join` leads, without the port. */
export function hostOf(join: string): string {
  return parsePlace(join)?.host ?? ''
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options: OPTIONS, allowPositionals: false }).values
  } catch (error) {
    const [reason] = (error as Error).message.split(/\. |\n/)
    throw new UserError(`${reason}. See npm start -- --help`)
  }
}

/** `npm start --join …` without the `--`: npm keeps the option and passes on its value, or nothing. */
function checkTakenByNpm(args: string[]): void {
  const taken = ['join', 'port', 'public', 'seed'].filter(
    name => process.env[`npm_config_${name}`] !== undefined
  )
  const given = taken.map(name => {
    const value = process.env[`npm_config_${name}`]
    return `--${name} ${value === 'true' ? (args[0] ?? '…') : value}`
  })
  if (given.length > 0)
    throw new UserError(
      `npm kept ${given.join(' ')} for itself. Put -- before it: npm start -- ${given.join(' ')}`
    )
}

function parseJoin(text: string): string {
  if (parsePlace(text)) return text
  throw new UserError(`--join is ${quoted(text)}; it should be host:port, like 127.0.0.1:16881, or a URL`)
}

function parsePublic(text: string): { address: string; port: number } {
  const place = parsePlace(text)
  if (place && place.url === null) return { address: place.host, port: place.port }
  throw new UserError(`--public is ${quoted(text)}; it should be host:port, like 203.0.113.5:16881`)
}

function parsePort(text: string): number {
  const port = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (port <= 65535) return port
  throw new UserError(`--port is ${quoted(text)}; it should be a number from 0 to 65535`)
}

function parseId(text: string): string {
  if (/^[0-9a-f]{40}$/i.test(text)) return text.toLowerCase()
  throw new UserError(`--id is ${quoted(text)}; it should be 40 hex digits`)
}

/** npm runs this in the folder of the package, and says in which it was called. */
function parseSeed(text: string): string {
  const path = resolve(process.env.INIT_CWD ?? '', text)
  const fault = (what: string) => new UserError(`--seed is ${quoted(text)}; ${what}`)
  if (text === '') throw fault('it should be the path of a file or a folder')
  try {
    const found = statSync(path)
    if (!found.isFile() && !found.isDirectory()) throw fault('that is neither a file nor a folder')
    if (found.isFile() && found.size === 0) throw fault('that file is empty: there is nothing to share')
    accessSync(path, constants.R_OK)
    return path
  } catch (error) {
    if (error instanceof UserError) throw error
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') throw fault(`there is no file or folder ${path}`)
    throw fault(`${path} cannot be read: ${(error as Error).message}`)
  }
}

function quoted(text: string): string {
  return `'${text}'`
}
