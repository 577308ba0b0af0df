/** Reads the arguments of `listen` and `bind`, in the forms that `dgram.Socket.bind` takes. */

import { checkNames, invalid, isMissing, optional, readFunction, readInteger } from '../arguments.js'
import { parseHost } from '../place.js'
import { DEFAULT_ADDRESS, DEFAULT_PORT } from '../ways-in.js'
import { MAX_PORT } from '../wire/compact.js'

/** Where to listen, as `dgram.Socket.bind` takes it. */
export interface ListenPlace {
  port?: number | string | null | undefined
  address?: string | null | undefined
  host?: string | null | undefined
}

type Port = number | string | null | undefined
type Callback = (() => void) | null

/** The forms of `listen`. */
export type ListenParameters =
  | [callback?: Callback]
  | [port: Port, callback?: Callback]
  | [port: Port, address: string | null | undefined, callback?: Callback]
  | [place: ListenPlace, callback?: Callback]

/** @internal */
export interface ListenArguments {
  port: number
  /** As `node:net` has it: IPv6 without brackets. */
  host: string
  /** No port was given: any free one will do. */
  isAnyPort: boolean
  callback: (() => void) | undefined
}

/**
 * @internal
 * @param args `[port], [address], [callback]` or `{port, address}, [callback]`
 * @throws WebTorrentDHTError `EINVAL`
 */
export function readListenArguments(args: readonly unknown[]): ListenArguments {
  const at = args.findIndex(arg => typeof arg === 'function')
  const place = at < 0 ? args.slice(0, 2) : args.slice(0, at)
  const [first, second, ...more] = place
  const callback = optional(readFunction<() => void>, 'callback', at < 0 ? args[2] : args[at])
  if (more.length > 0) throw invalid('callback', more[0], 'a function')
  const isObject = typeof first === 'object' && first !== null && !Array.isArray(first)
  const { port, address, host } = (isObject ? first : { port: first, address: second }) as Record<
    string,
    unknown
  >
  if (isObject) checkNames('the place', first, ['port', 'address', 'host', 'exclusive'])
  if (isObject && !isMissing(second)) throw invalid('callback', second, 'a function')
  const isAnyPort = isMissing(port)
  return {
    port: isAnyPort ? DEFAULT_PORT : readPort(port),
    host: readHost(address ?? host),
    isAnyPort,
    callback
  }
}

/** 0 is any free one. Digits are taken, too: ports come out of the environment. */
function readPort(port: unknown): number {
  const number = typeof port === 'string' && /^\d+$/.test(port) ? Number(port) : port
  return readInteger('port', number, 0, MAX_PORT)
}

function readHost(address: unknown): string {
  if (isMissing(address) || address === '') return DEFAULT_ADDRESS
  // A link-local address has a zone (`fe80::1%eth0`), which URLs have no place for.
  const isHost = typeof address === 'string' && parseHost(address.replace(/%.*$/, '')) !== undefined
  if (!isHost) throw invalid('address', address, 'an address of this machine')
  return address.replace(/^\[(.*)\]$/, '$1')
}
