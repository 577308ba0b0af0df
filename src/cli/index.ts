#!/usr/bin/env node
/** The program `webtorrent-dht`. Exit codes: 0, 1 for what fails, 2 for a wrong command line. */

import { hasCode, WebTorrentDHTError } from '../errors.js'
import { readCommandLine } from './command-line.js'
import { runCommand } from './run-command.js'
import { failed, messageOf } from './text.js'
import { UsageError, UserError } from './user-error.js'

/** Flags, by the options of the library that refuse their values. */
const FLAGS: Record<string, string> = {
  'options.bootstrap': '--bootstrap',
  'options.network': '--network',
  'options.trustProxy': '--trust-proxy',
  'options.turn.urls': '--turn',
  'options.simple_peer_opts.config.iceServers[0].urls': '--stun',
  address: '--host'
}

process.stdout.on('error', () => process.exit()) // the reader of a pipe went away

try {
  const args = process.argv.slice(2)
  const read = readCommandLine(args)
  if (typeof read === 'string') console.log(read)
  else process.exitCode = await runCommand(read, args)
} catch (error) {
  fail(error)
}

function fail(error: unknown): never {
  if (!(error instanceof UserError || error instanceof WebTorrentDHTError)) throw error
  const [option] = Object.keys(FLAGS).filter(name => error.message.startsWith(`${name} is`))
  const message =
    option === undefined ? messageOf(error) : messageOf(error).replace(option, FLAGS[option] ?? '')
  console.error(failed(message))
  process.exit(error instanceof UsageError || hasCode(error, 'EINVAL') ? 2 : 1)
}
