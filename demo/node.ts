/** A node of the DHT in a terminal: `npm start`. */

import { keyIn } from '../src/cli/node-key.js'
import { explainListening, reachedAt } from '../src/cli/own-place.js'
import { failed, messageOf, paint, place, shortId } from '../src/cli/text.js'
import { UserError } from '../src/cli/user-error.js'
import { WebTorrentDHT, WebTorrentDHTError } from '../src/index.js'
import { type Arguments, hostOf, isThisMachine, readArguments } from './arguments.js'
import { answerCalls } from './calls.js'
import { commandNames, runCommand } from './commands.js'
import { Display } from './display.js'
import { ConnectedNodes, showCall, showHappenings } from './happenings.js'
import { readCommands } from './input.js'
import { join } from './joining.js'
import { createPageServer } from './page-server.js'
import { seed } from './seeding.js'

/** npm passes on the signal that the terminal has sent us already: two so soon are one. */
const SAME_SIGNAL_TIME = 300
/** Closing takes some milliseconds. Whatever happens, it does not take longer than this. */
const CLOSING_TIME = 900
/** What who calls hears. */
const GREETING = 'Hello from a terminal.'
/** What a message tells the user to type. */
const COMMANDS = { command: 'npm start -- --port', join: 'npm start -- --join' }

process.stdout.on('error', () => process.exit()) // the reader of a pipe went away

try {
  start(readArguments(process.argv.slice(2)))
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
  dht.on('error', error => fail(explainListening(error, given, COMMANDS)))

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

function createNode(given: Arguments): WebTorrentDHT {
  const { host, join: bootstrap, publicPlace, id, keyFile } = given
  // Nodes of one machine need no STUN server to find out their addresses.
  const isLocal = isThisMachine(host) && (bootstrap === null || isThisMachine(hostOf(bootstrap)))
  const dht: WebTorrentDHT = new WebTorrentDHT({
    bootstrap: bootstrap ?? false,
    requestListener: createPageServer(() => pageOf(dht, given)),
    ...(id !== null && { nodeId: id }),
    ...(keyFile !== null && { key: keyIn(keyFile) }),
    ...(publicPlace && { http_address: publicPlace }),
    ...(isLocal && { simple_peer_opts: { config: { iceServers: [] } } })
  })
  return dht
}

function greeting(dht: WebTorrentDHT, given: Arguments): string {
  const { address, port } = dht.address()
  const command = paint('bold', `npm start -- --join ${placeOf(dht, given)}`)
  const hint = process.stdin.isTTY
    ? paint('dim', '\nType help for what can be done here; Ctrl-C ends it.')
    : ''
  return `Node ${shortId(dht.nodeId)} listens on ${place(address, port)}. Others join with: ${command}
Open ${paint('bold', pageOf(dht, given))} in a browser, twice, and the tabs are in the DHT.${hint}`
}

function pageOf(dht: WebTorrentDHT, given: Arguments): string {
  return `http://${placeOf(dht, given)}/`
}

/** Where others reach the node's HTTP server. */
function placeOf(dht: WebTorrentDHT, { publicPlace }: Arguments): string {
  const { address, port } = dht.address()
  if (publicPlace) return place(publicPlace.address, publicPlace.port)
  return reachedAt({ host: address, port })
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

function fail(message: string): never {
  console.error(failed(message))
  process.exit(1)
}
