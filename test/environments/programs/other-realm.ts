/** The global `Uint8Array` is that of another realm, as under jsdom. Prints what two nodes found. */

import { runInNewContext } from 'node:vm'

const Foreign: typeof Uint8Array = runInNewContext('Uint8Array')
globalThis.Uint8Array = Foreign
const { createPair, destroyAll } = await import('../../helpers/nodes.js')

const infoHash = Foreign.from({ length: 20 }, () => 9)
const [first, second] = await createPair()
await new Promise(resolve => second.announce(infoHash, 4000, resolve))
const ports: number[] = []
first.on('peer', ({ port }) => ports.push(port))
await new Promise(resolve => first.lookup(infoHash, resolve))
const key = await new Promise<Uint8Array>((resolve, reject) =>
  second.put({ v: Foreign.from([118]) }, (error, stored) => (error ? reject(error) : resolve(stored)))
)
const value = await new Promise(resolve => first.get(key, (_, found) => resolve(found?.v.toString())))
class Derived extends Foreign {}
const kinds = {
  buffer: Buffer.alloc(1) instanceof Foreign,
  plain: new Foreign(1) instanceof Foreign,
  other: ([new Uint16Array(1), {}, null, 1] as unknown[]).some(item => item instanceof Foreign),
  derived: Buffer.alloc(1) instanceof Derived
}
console.log(JSON.stringify({ ports, value, kinds }))
await destroyAll(first, second)
