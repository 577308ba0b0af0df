/** Random calls of `bittorrent-dht`'s methods, as data: fast-check makes them smaller where one shows a difference. */

import fc from 'fast-check'
import { NOT_IDS, NOT_PORTS, nothing, without } from '../faces/wrong-values.js'

/** An info hash, a key or an id, and in which form it is passed. */
export interface Named {
  n: number
  as: 'Buffer' | 'Uint8Array' | 'hex' | 'HEX'
}

/** Who signs a value, and how. */
export interface Signing {
  pair: number
  seq: number
  salt: string | null
  cas: number | null
  by: 'sign' | 'sig'
}

export interface WrongCall {
  method: 'lookup' | 'announce' | 'put' | 'get' | 'addNode' | 'removeNode'
  args: unknown[]
}

export type Step = 'listen' | 'destroy' | 'address' | 'toJSON' | 'lookup' | 'announce' | 'put' | 'get'

export type Call =
  | { do: 'lookup'; hash: Named; isStopped: boolean }
  | { do: 'announce'; hash: Named; port: number | null | undefined }
  | { do: 'put'; v: unknown; isBare: boolean; signing: Signing | null }
  | {
      do: 'get'
      of: number
      as: Named['as']
      salt: 'right' | 'wrong' | null
      cache: boolean | null
      verify: boolean | null
    }
  | { do: 'addNode'; n: number; withId: boolean }
  | { do: 'removeNode'; id: Named }
  | { do: 'toJSON' }
  | { do: 'wrong'; call: WrongCall }
  | { do: 'life'; steps: Step[] }

const forms = fc.constantFrom<Named['as'][]>('Buffer', 'Uint8Array', 'hex', 'HEX')
const named = fc.record<Named>({ n: fc.nat(2), as: forms })

const text = fc.constantFrom('', 'a', 'text', 'ÄÖ €')
/** Upstream measures the value itself, so what is within a value is short. */
const topText = fc.oneof(text, fc.constantFrom('x'.repeat(998), 'x'.repeat(999), 'x'.repeat(1000)))
const toBytes = (value: string) => Buffer.from(value)
const integer = fc.constantFrom(1, -1, 42, 2 ** 31, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER)
const { value } = fc.letrec<{ value: unknown }>(tie => ({
  value: fc.oneof(
    { maxDepth: 2, depthSize: 'small' },
    text,
    text.map(toBytes),
    integer,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'key'), tie('value'), { maxKeys: 3 })
  )
}))

const signing = fc.record<Signing>({
  pair: fc.nat(1),
  seq: fc.constantFrom(0, 1, 2, 3, 2 ** 40),
  salt: fc.constantFrom(null, 'salt', 's'.repeat(64)),
  cas: fc.constantFrom(null, null, 0, 1, 2),
  by: fc.constantFrom<Signing['by'][]>('sign', 'sig')
})

const NOT_VALUES = [
  { v: ['x'.repeat(1000)] },
  { v: null },
  { v: [null] },
  { v: { a: null } },
  undefined,
  null,
  5,
  true,
  {},
  { v: undefined },
  'x'.repeat(1001),
  Buffer.alloc(1001),
  nothing
]
const NOT_SIGNED = [
  { k: Buffer.alloc(31), seq: 1, sign: nothing },
  { k: 'text', seq: 1, sign: nothing },
  { k: Buffer.alloc(32), sign: nothing },
  { k: Buffer.alloc(32), seq: '1', sign: nothing },
  { k: Buffer.alloc(32), seq: -1, sign: nothing },
  { k: Buffer.alloc(32), seq: 1 },
  { k: Buffer.alloc(32), seq: 1, sig: 'text' },
  { k: Buffer.alloc(32), seq: 1, sig: Buffer.alloc(63) },
  { k: Buffer.alloc(32), seq: 1, sign: nothing, cas: '1' },
  { k: Buffer.alloc(32), seq: 1, sign: nothing, salt: 's'.repeat(65) },
  { k: Buffer.alloc(32), seq: 1, sign: nothing, salt: 5 }
].map(fields => ({ v: 'text', ...fields }))
const HASH = Buffer.alloc(20, 9)
const NOT_NODES = [
  ...[undefined, null, 5, {}, { host: '127.0.0.1' }, { port: 1 }],
  ...[0, -1, 65536, 1.5, 'text'].map(port => ({ host: '127.0.0.1', port })),
  ...['text', Buffer.alloc(19), 5].map(id => ({ host: '127.0.0.1', port: 1, id }))
]
/** `nothing` in the place of a port is a callback. */
const ports = without(NOT_PORTS, nothing)

const wrong = fc.oneof<fc.Arbitrary<WrongCall>[]>(
  ...(
    [
      ['lookup', NOT_IDS.map(id => [id, nothing])],
      ['announce', NOT_IDS.map(id => [id, 1, nothing])],
      ['announce', ports.map(port => [HASH, port])],
      ['put', [...NOT_VALUES, ...NOT_SIGNED].map(value => [value, nothing])],
      ['get', NOT_IDS.map(id => [id, nothing])],
      ['get', [5, true, 'text'].map(options => [HASH, options, nothing])],
      ['addNode', NOT_NODES.map(node => [node])],
      ['removeNode', NOT_IDS.map(id => [id])]
    ] as [WrongCall['method'], unknown[][]][]
  ).map(([method, args]) => fc.constantFrom(...args).map(args => ({ method, args })))
)

const step = fc.constantFrom<Step[]>(
  ...(['listen', 'listen', 'destroy', 'destroy', 'address', 'toJSON'] as const),
  ...(['lookup', 'announce', 'put', 'get'] as const)
)

/** One call. Wrong ones are as frequent as each kind of right ones, and lives of other nodes are rarer. */
export const anyCall: fc.Arbitrary<Call> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('lookup' as const), hash: named, isStopped: fc.boolean() })
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('announce' as const),
      hash: named,
      port: fc.constantFrom(undefined, null, 0, 1, 6881, 65535)
    })
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('put' as const),
      v: fc.oneof(topText, topText.map(toBytes), value),
      isBare: fc.boolean(),
      signing: fc.option(signing)
    })
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('put' as const),
      v: fc.constantFrom('a', 1),
      isBare: fc.constant(false),
      signing: signing.map(given => ({ ...given, pair: 0, seq: (given.seq % 2) + 1, salt: null, cas: null }))
    })
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('get' as const),
      of: fc.nat(9),
      as: forms,
      salt: fc.constantFrom<('right' | 'wrong' | null)[]>('right', 'right', 'right', null, 'wrong'),
      cache: fc.constantFrom(null, null, true, false),
      verify: fc.constantFrom(null, null, true, false)
    })
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('addNode' as const), n: fc.nat(3), withId: fc.boolean() })
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('removeNode' as const),
      id: fc.record({ n: fc.nat(3), as: forms })
    })
  },
  { weight: 1, arbitrary: fc.constant<Call>({ do: 'toJSON' }) },
  { weight: 4, arbitrary: wrong.map(call => ({ do: 'wrong' as const, call })) },
  {
    weight: 1,
    arbitrary: fc.array(step, { minLength: 1, maxLength: 6 }).map(steps => ({ do: 'life' as const, steps }))
  }
)
