/** The tests that k-rpc itself ships, read from where npm has put them: once with its own class, and once with ours. */

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import test, { type Test } from 'tape'
import type { KRPC } from '../../src/upstream.js'
import { closing, OURS, UPSTREAM } from '../helpers/implementations.js'

const TIMEOUT = 8000

type Create = (options?: { nodes?: string[] }) => KRPC

const program = readFileSync(createRequire(import.meta.url).resolve('k-rpc/test.js'), 'utf8')

function run(name: string, create: Create): void {
  let current: Test | undefined
  const krpc: Create = options => {
    const rpc = create(options)
    return current ? closing(current, rpc) : rpc
  }
  const tape = (title: string, body: (t: Test) => void) =>
    test(`${name}: k-rpc’s own test: ${title}`, { timeout: TIMEOUT }, t => {
      current = t
      body(t)
    })
  const require = (wanted: string) => (wanted === 'tape' ? tape : krpc)
  new Function('require', 'Buffer', program)(require, Buffer)
}

/**
 * They rely on two of the differences (see the table): the address of who was asked by name; and one test has another node than
 * the asked one respond. Here the name is resolved, and the asked one responds.
 */
const askedBy = new WeakMap<object, KRPC>()
const createOurs: Create = ({ nodes = [] } = {}) => {
  const rpc = OURS.createRPC({ nodes: nodes.map(place => place.replace('localhost', '127.0.0.1')) })
  rpc.on('query', (_, peer) => askedBy.set(peer, rpc))
  const { response } = rpc
  rpc.response = (peer, ...rest) => response.call(askedBy.get(peer) ?? rpc, peer, ...rest)
  return rpc
}

run(UPSTREAM.name, UPSTREAM.createRPC)
run(OURS.name, createOurs)
