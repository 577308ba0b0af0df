/** What can be typed at a node: each command with its help. */

import { messageOf, paint, place, quote, shortId } from '../src/cli/text.js'
import { UsageError, UserError } from '../src/cli/user-error.js'
import { callNode } from './call-command.js'
import type { CommandContext } from './command-context.js'
import { announce, lookUp } from './peer-commands.js'
import { showStats } from './stats-command.js'
import { get, put, putSigned } from './value-commands.js'

interface Command {
  usage: string
  help: string
  run: (text: string, context: CommandContext) => Promise<void> | void
}

const commands = new Map<string, Command>([
  [
    'announce',
    {
      usage: 'announce <text or 40 hex digits> [port]',
      help: 'tell the DHT that this node has it',
      run: announce
    }
  ],
  ['lookup', { usage: 'lookup <text or 40 hex digits>', help: 'find who announced it', run: lookUp }],
  ['put', { usage: 'put <text>', help: 'store a text under its hash', run: put }],
  [
    'put --key',
    {
      usage: 'put --key <name> <text>',
      help: 'store a signed text; the same name again replaces it',
      run: putSigned
    }
  ],
  ['get', { usage: 'get <key>', help: 'find a stored text; put shows its key', run: get }],
  [
    'call',
    {
      usage: 'call <id> [text]',
      help: 'say something to a node, over a connection of its own; the first digits will do',
      run: callNode
    }
  ],
  ['nodes', { usage: 'nodes', help: 'list the nodes that are connected', run: listNodes }],
  ['stats', { usage: 'stats', help: 'show what the node has done since its start', run: showStats }],
  ['help', { usage: 'help', help: 'show this list', run: (_, { display }) => display.print(helpText()) }],
  ['quit', { usage: 'quit', help: 'leave the DHT and end', run: (_, { stop }) => stop() }]
])

/** The words that a command line begins with. */
export const commandNames = [...commands.keys()]

/** Runs one line. Whatever is wrong with it is shown. */
export async function runCommand(line: string, context: CommandContext): Promise<void> {
  const [, word = '', rest = ''] = /^\s*(put\s+--key(?=\s|$)|\S+)\s*(.*?)\s*$/s.exec(line) ?? []
  const command = commands.get(word.replace(/\s+/, ' '))
  try {
    if (!command)
      throw new UserError(`There is no command ${quote(Buffer.from(word))}. Type help for a list.`)
    await command.run(rest, context)
  } catch (error) {
    if (context.dht.destroyed) return // it was interrupted
    context.display.print(`${paint('red', '✗')} ${messageOf(error)}`)
    if (error instanceof UsageError) context.display.print(`  Type it like this: ${command?.usage}`)
  }
}

function helpText(): string {
  const all = [...commands.values()]
  const width = Math.max(...all.map(({ usage }) => usage.length))
  return all.map(({ usage, help }) => `  ${usage.padEnd(width)}   ${paint('dim', help)}`).join('\n')
}

function listNodes(_: string, { dht, display, nodes }: CommandContext): void {
  const { socket } = dht
  const rows = [...nodes].map(([id, since]) => {
    const { remoteAddress, remotePort, http_server: server } = socket.get_id_mapping(id) ?? {}
    const remote = remoteAddress ? place(remoteAddress, remotePort ?? 0) : 'unknown'
    const minutes = Math.floor((Date.now() - since) / 60_000)
    const columns = [remote, server ? place(server.host, server.port) : '-'].map(text => text.padEnd(22))
    return [shortId(id), ...columns, `${minutes} min`].join('  ')
  })
  const heads = ['NODE'.padEnd(8), 'CONNECTED TO'.padEnd(22), 'OTHERS JOIN IT AT'.padEnd(22), 'FOR']
  const table = rows.length > 0 ? [paint('dim', heads.join('  ')), ...rows] : []
  const lines = [...table, `This is ${shortId(dht.nodeId)}, ${nodes.summary}.`]
  display.print(lines.map(line => `  ${line}`).join('\n'))
}
