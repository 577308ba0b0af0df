/** A node of the DHT in a terminal: `npm start`. */

import { networkInterfaces } from 'node:os'
import { WebTorrentDHT, WebTorrentDHTError } from '../src/index.js'
import { type Arguments, HELP, hostOf, isThisMachine, parseArguments } from './arguments.js'
import { answerCalls } from './calls.js'
import { commandNames, runCommand } from './commands.js'
import { Display } from './display.js'
import { ConnectedNodes, showCall, showHappenings } from './happenings.js'
import { readCommands } from './input.js'
import { join } from './joining.js'
import { keyIn } from './node-key.js'
import { createPageServer } from './page-server.js'
import { seed } from './seeding.js'
import { messageOf, paint, place, shortId } from './text.js'
import { UserError } from './user-error.js'

/** npm passes on the signal that the terminal has sent us already: two so soon are one. */
const SAME_SIGNAL_TIME = 300
/** Closing takes some milliseconds. Whatever happens, it does not take longer than this. */
const CLOSING_TIME = 900
/** What who calls hears. */
const GREETING = 'Hello from a terminal.'

process.stdout.on('error', () => process.exit()) // the reader of a pipe went away

try {
  const given = parseArguments(process.argv.slice(2))
  if (given.wantsHelp) console.log(HELP)
  else start(given)
} catch (error) {
  if (!(error instanceof UserError || error instanceof WebTorrentDHTError)) throw error
  fail(messageOf(error))
}

function start(given: Arguments): void {
  const dht = createNode(given)
  const display = new Display()
  const nodes = new ConnectedNodes(dht)
  let closeInput = () => {}
  let stopSeeding = () => {}
  const stop = createStop(dht, () => {
    closeInput()
    stopSeeding()
    display.print('Closing …')
  })
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  dht.on('error', error => fail(explain(error, given)))

  dht.listen(given.port, given.host, () => {
    display.print(greeting(dht, given))
    if (!given.isQuiet) showHappenings(dht, display, nodes)
    answerCalls(dht, GREETING, (id, text) => {
      if (!given.isQuiet) showCall(display, id, text)
    })
    if (given.seed !== null) {
      const parts = { path: given.seed, page: pageOf(dht, given), dht, display, isQuiet: given.isQuiet }
      seed(parts).then(
        end => {
          stopSeeding = end
        },
        error => {
          closeInput()
          fail(messageOf(error))
        }
      )
    }
    const ready = join(given.join, { dht, display, nodes })
    const context = { dht, display, nodes, ready, stop }
    closeInput = readCommands({ display, names: commandNames, run: line => runCommand(line, context), stop })
  })
}

function createNode({ host, join: bootstrap, publicPlace, id, keyFile }: Arguments): WebTorrentDHT {
  // Nodes of one machine need no STUN server to find out their addresses.
  const isLocal = isThisMachine(host) && (bootstrap === null || isThisMachine(hostOf(bootstrap)))
  return new WebTorrentDHT({
    bootstrap: bootstrap ?? false,
    requestListener: createPageServer(),
    ...(id !== null && { nodeId: id }),
    ...(keyFile !== null && { key: keyIn(keyFile) }),
    ...(publicPlace && { http_address: publicPlace }),
    ...(isLocal && { simple_peer_opts: { config: { iceServers: [] } } })
  })
}

function greeting(dht: WebTorrentDHT, given: Arguments): string {
  const { address, port } = dht.address()
  const command = paint('bold', `npm start -- --join ${reachedAt(dht, given)}`)
  const hint = process.stdin.isTTY
    ? paint('dim', '\nType help for what can be done here; Ctrl-C ends it.')
    : ''
  return `Node ${shortId(dht.nodeId)} listens on ${place(address, port)}. Others join with: ${command}
Open ${paint('bold', pageOf(dht, given))} in a browser, twice, and the tabs are in the DHT.${hint}`
}

function pageOf(dht: WebTorrentDHT, given: Arguments): string {
  return `http://${reachedAt(dht, given)}/`
}

/** Where others reach the node's HTTP server. */
function reachedAt(dht: WebTorrentDHT, { host, publicPlace }: Arguments): string {
  if (publicPlace) return place(publicPlace.address, publicPlace.port)
  const { address, port } = dht.address()
  const isAny = host === '0.0.0.0' || host === '::'
  return place(isAny ? (networkAddress() ?? '127.0.0.1') : address, port)
}

/** An address of this machine that others in its network can use. */
function networkAddress(): string | undefined {
  const all = Object.values(networkInterfaces()).flatMap(list => list ?? [])
  return all.find(({ internal, family }) => !internal && family === 'IPv4')?.address
}

/** Ends the process, with code 0 once the node has left the DHT, or at once when asked a second time. */
function createStop(dht: WebTorrentDHT, onStop: () => void): () => void {
  let askedAt = 0
  return () => {
    if (askedAt > 0) {
      if (Date.now() - askedAt > SAME_SIGNAL_TIME) process.exit(130)
      return
    }
    askedAt = Date.now()
    onStop()
    setTimeout(() => process.exit(0), CLOSING_TIME).unref()
    dht.destroy(() => process.exit(0))
  }
}

function explain(error: Error, { host, port }: Arguments): string {
  const where = place(host, port)
  switch (error instanceof WebTorrentDHTError && error.code) {
    case 'EADDRINUSE': {
      const other = port < 65535 ? port + 1 : port - 1
      return `Port ${port} is taken. Choose another (npm start -- --port ${other}), or join the node that has it (npm start -- --join ${where}).`
    }
    case 'EACCES':
      return `Port ${port} is not allowed to you. Choose one above 1023: npm start -- --port 16881`
    case 'EADDRNOTAVAIL':
      return `${host} is not an address of this machine. Choose another: --host 127.0.0.1, or --host 0.0.0.0 for all`
    case 'ELISTEN':
      return `Cannot listen on ${where}: ${messageOf(error.cause)}`
    default:
      return messageOf(error)
  }
}

function fail(message: string): never {
  console.error(`${paint('red', '✗')} ${message}`)
  process.exit(1)
}
