/**
 * `npm start` of an example: builds the package if that is not done, starts a bootstrap node on this machine, and runs the command in the
 * arguments. `--host`, which is for the command too, opens both to other devices in the network. `VITE_BOOTSTRAP`, in the environment
 * or in a file `.env`, is the URL of another bootstrap node.
 */

import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { setUp } from '../scripts/setup.mjs'

const [program, ...options] = process.argv.slice(2)
const isForOthers = options.includes('--host')

await setUp()
if (existsSync('.env')) process.loadEnvFile()
process.env.VITE_BOOTSTRAP ||= await startBootstrapNode()
process.env.NEXT_PUBLIC_BOOTSTRAP ||= process.env.VITE_BOOTSTRAP
console.log(`Bootstrap node: ${process.env.VITE_BOOTSTRAP}`)

// npm has put the programs of the example's packages on the path. On Windows they are batch files, which only a shell can run.
const child = spawn(program, options, { stdio: 'inherit', shell: process.platform === 'win32' })
child.on('close', code => process.exit(code ?? 1))
// The command gets the terminal's Ctrl-C, too: it ends first.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => child.kill())

async function startBootstrapNode() {
  const { default: DHT } = await import('webtorrent-dht') // built by now
  const dht = new DHT({ bootstrap: false })
  await new Promise(resolve => dht.listen(0, isForOthers ? '0.0.0.0' : '127.0.0.1', resolve))
  return `http://${isForOthers ? ownAddress() : '127.0.0.1'}:${dht.address().port}`
}

/** This machine's address in its network. */
function ownAddress() {
  const addresses = Object.values(networkInterfaces()).flat()
  return addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1'
}
