/**
 * Nodes on other implementations of WebRTC in a network of this package: small peers of their own, and pages with this package. They join, are
 * introduced, ask and are asked over a route, dial and are dialled. What is not installed is skipped. Run `install.mjs` first.
 *
 * `node build/test/stacks/stacks.js 20 path-of-chromium path-of-firefox`: each does so 20 times. By default, once.
 */

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import test, { type Test } from 'tape'
import { Id } from '../../src/id.js'
import type WebTorrentDHT from '../../src/index.js'
import { ask, sayBack } from '../helpers/calls.js'
import { createJoined, createNode, destroyAll, eventually, placeOf, within } from '../helpers/nodes.js'
import { PageNode } from './page-node.js'
import { PeerProcess } from './peer-process.js'
import { testProbedPage } from './probed-page.js'
import type { Subject } from './subject.js'

const PATIENCE = 30_000
const folder = fileURLToPath(new URL('../../../test/stacks/', import.meta.url))

interface Stack {
  name: string
  /** Joins at a node. `null`: it is not installed. */
  join: ((node: WebTorrentDHT) => Promise<Subject>) | null
  install: string
}

const [, , rounds = '1', pathOfChromium = '', pathOfFirefox = ''] = process.argv
const browsers = [
  { name: 'chromium', title: 'Chromium', executablePath: pathOfChromium },
  { name: 'firefox', title: 'Firefox', executablePath: pathOfFirefox }
] as const

const STACKS: Stack[] = [
  { name: 'aiortc', join: joinWith(pythonWithAiortc()), install: "Debian's package python3-aiortc" },
  ...['werift', '@roamhq/wrtc'].map(name => ({
    name,
    join: joinWith(
      existsSync(`${folder}node_modules/${name}/package.json`)
        ? [process.execPath, `${folder}peer.mjs`, name]
        : null
    ),
    install: 'test/stacks/install.mjs, which could not'
  })),
  ...browsers.map(({ title, ...place }) => ({
    name: title,
    join: place.executablePath
      ? (node: WebTorrentDHT) => PageNode.open(place, urlOf(node), hexOf(node))
      : null,
    install: 'the browser'
  }))
]

const STEPS = [
  'joins',
  'asks by a route',
  'is asked so',
  'is introduced',
  'others are',
  'dials',
  'is dialled'
]
/** How often each step has succeeded, by stack. */
const successes = new Map(STACKS.map(({ name }) => [name, STEPS.map(() => 0)]))

for (const stack of STACKS) {
  for (let round = 1; round <= Number(rounds); round++) {
    const skip = stack.join === null && `not installed: ${stack.install}`
    test(`a node on ${stack.name}, ${round} of ${rounds}`, { skip, timeout: 10 * PATIENCE }, t =>
      play(t, stack)
    )
  }
}
for (const { title, ...place } of browsers) if (place.executablePath) testProbedPage(place)
test.onFinish(printTable)

async function play(t: Test, { name, join }: Stack): Promise<void> {
  const first = await createNode()
  const second = await createJoined(first)
  // It makes no connection of its own accord, so that what it asks goes by a route.
  second.socket.node.destinations.connect = () => Promise.reject(new Error('it keeps to itself'))
  const nodes = [first, second]
  t.teardown(() => destroyAll(...nodes))
  for (const node of nodes) sayBack(node, 'echo')
  let subject: Subject | undefined
  t.teardown(() => subject?.close())
  const given = () => {
    if (!subject) throw new Error('it has not joined')
    return subject
  }
  const steps = [
    async () => {
      subject = await join?.(first)
      return first.socket.node.table.get(Id.fromHex(given().id)) !== undefined
    },
    async () => (await given().route(hexOf(second))) === hexOf(second),
    async () => (await askByRoute(second, given().id)) === given().id,
    async () => (await given().introduce(hexOf(second))) === hexOf(second),
    async () => {
      const third = await createJoined(first)
      nodes.push(third)
      const { id } = await within('connecting', third.connect(given().id), PATIENCE)
      return (
        Buffer.from(id).toString('hex') === given().id && (await given().met(hexOf(third))) === hexOf(third)
      )
    },
    async () => (await given().dial('hello')) === 'hello',
    async () => {
      const dialled = await within('dialling', first.dial(given().id, 'echo'), PATIENCE)
      const heard = await ask(dialled, 'good day')
      dialled.destroy()
      return heard === 'good day'
    }
  ]
  for (const [i, step] of steps.entries()) {
    const failure = await step().then(
      isGood => (isGood ? null : 'with another result'),
      error => String(error)
    )
    t.equal(failure, null, STEPS[i])
    if (failure === null) count(name, i)
  }
}

/** Asks a node that is not a neighbour who it is. */
async function askByRoute({ socket: { node } }: WebTorrentDHT, id: string): Promise<string> {
  const { routes, ledger, options } = node
  const target = Id.fromHex(id)
  await eventually(() => routes.to(target) !== undefined, PATIENCE)
  const route = routes.to(target)
  if (!route || node.table.get(target)) throw new Error('there is no route, or a connection')
  const reply = await ledger.query(route, 'ping', { id: options.id.bytes }, PATIENCE)
  return (reply.id as Buffer).toString('hex')
}

function count(name: string, step: number): void {
  const counts = successes.get(name)
  if (counts) counts[step] = (counts[step] ?? 0) + 1
}

function printTable(): void {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  console.log(row(['', ...STEPS]))
  console.log(row(['---', ...STEPS.map(() => '---')]))
  for (const { name, join } of STACKS) {
    const counts = successes.get(name) ?? []
    console.log(row([name, ...counts.map(count => (join ? `${count} of ${rounds}` : 'not installed'))]))
  }
}

function hexOf({ nodeId }: WebTorrentDHT): string {
  return Buffer.from(nodeId).toString('hex')
}

function urlOf(node: WebTorrentDHT): string {
  return `http://${placeOf(node)}`
}

function joinWith(command: string[] | null): Stack['join'] {
  return command && (node => PeerProcess.start([...command, urlOf(node)]))
}

/** Debian's Python has Debian's packages. */
function pythonWithAiortc(): string[] | null {
  const has = (python: string) => spawnSync(python, ['-c', 'import aiortc']).status === 0
  const python = ['/usr/bin/python3', 'python3'].find(has)
  return python ? [python, `${folder}peer.py`] : null
}
