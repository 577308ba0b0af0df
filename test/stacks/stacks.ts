/**
 * Small peers on other implementations of WebRTC in a network of this package: they join, are introduced both ways, dial and are dialled.
 * What is not installed is skipped. Run `install.mjs` first. The argument says how often each does so, once by default.
 */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import test, { type Test } from 'tape'
import { Id } from '../../src/id.js'
import type WebTorrentDHT from '../../src/index.js'
import { ask, sayBack } from '../helpers/calls.js'
import { createJoined, createNode, destroyAll, placeOf, within } from '../helpers/nodes.js'

/** Milliseconds: a peer tries three times, each time for 5 s. */
const PATIENCE = 30_000
const folder = fileURLToPath(new URL('../../../test/stacks/', import.meta.url))

interface Stack {
  name: string
  /** The command without the URL; `null`: it is not installed. */
  command: string[] | null
  install: string
}

const STACKS: Stack[] = [
  { name: 'aiortc', command: pythonWithAiortc(), install: "Debian's package python3-aiortc" },
  ...['werift', '@roamhq/wrtc'].map(name => ({
    name,
    command: existsSync(`${folder}node_modules/${name}/package.json`)
      ? [process.execPath, `${folder}peer.mjs`, name]
      : null,
    install: 'test/stacks/install.mjs, which could not'
  }))
]

const [, , rounds = '1'] = process.argv

for (const { name, command, install } of STACKS.flatMap(stack => Array<Stack>(Number(rounds)).fill(stack))) {
  const skip = command === null && `not installed: ${install}`
  test(`a peer on ${name} joins, is introduced both ways, dials and is dialled`, {
    skip,
    timeout: 10 * PATIENCE
  }, async t => {
    const first = await createNode()
    const second = await createJoined(first)
    const nodes = [first, second]
    t.teardown(() => destroyAll(...nodes))
    for (const node of nodes) sayBack(node, 'echo')
    const peer = new Peer(t, [...(command as string[]), `http://${placeOf(first)}`])
    const id = await peer.says('joined')
    t.ok(first.socket.node.table.get(Id.fromHex(id)), 'it has joined')
    peer.do({ introduce: hexOf(second) })
    t.equal(await peer.says('introduced'), hexOf(second), 'it is introduced to a node')
    const third = await createJoined(first)
    nodes.push(third)
    const connection = await within('connecting', third.connect(id), PATIENCE)
    t.equal(Buffer.from(connection.id).toString('hex'), id, 'a node is introduced to it')
    t.equal(await peer.says('met', hexOf(third)), hexOf(third), 'and it says so')
    peer.do({ dial: true })
    t.equal(await peer.says('dialled'), 'hello', 'it dials')
    const dialled = await within('dialling', third.dial(id, 'echo'), PATIENCE)
    t.equal(await ask(dialled, 'good day'), 'good day', 'it is dialled')
    dialled.destroy()
  })
}

const hexOf = ({ nodeId }: WebTorrentDHT) => Buffer.from(nodeId).toString('hex')

/** The process of a peer. */
class Peer {
  readonly #process: ChildProcess
  readonly #said: Record<string, string>[] = []
  #wake: () => void = () => {}

  constructor(t: Test, [program = '', ...args]: string[]) {
    this.#process = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    const exited = new Promise(resolve => this.#process.once('exit', resolve))
    t.teardown(() => {
      this.#process.kill()
      return exited
    })
    createInterface(this.#process.stdout as NodeJS.ReadableStream).on('line', line => {
      this.#said.push(JSON.parse(line))
      this.#wake()
    })
  }

  do(command: object): void {
    this.#process.stdin?.write(`${JSON.stringify(command)}\n`)
  }

  /** Waits for the value that the peer prints under a name. @param value the one to wait for; left out: the first */
  says(name: string, value?: string): Promise<string> {
    const find = () => this.#said.map(line => line[name]).find(said => said && (!value || said === value))
    const said = new Promise<string>(resolve => {
      const look = () => {
        const found = find()
        if (found) resolve(found)
      }
      this.#wake = look
      look()
    })
    return within(`'${name}'`, said, PATIENCE)
  }
}

/** Debian's Python has Debian's packages. */
function pythonWithAiortc(): string[] | null {
  const has = (python: string) => spawnSync(python, ['-c', 'import aiortc']).status === 0
  const python = ['/usr/bin/python3', 'python3'].find(has)
  return python ? [python, `${folder}peer.py`] : null
}
