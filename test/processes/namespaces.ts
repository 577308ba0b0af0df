/**
 * Two networks on this machine with a wire between them that can be cut: Linux network namespaces. Nothing outside them
 * is touched. What a test leaves behind when it is killed is removed by the next one.
 */

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const PREFIX = 'webtorrent-dht-test'
/** From RFC 1918, as a home's network; nobody outside can be there. */
const ADDRESSES = ['10.83.0.1', '10.83.0.2'] as const
const BITS = 24

let lastNumber = 0

/** One of the two networks. */
export interface Side {
  address: string
  /** The command to run a process in it. */
  through: string[]
}

export class CuttableNetwork {
  readonly sides: readonly [Side, Side]
  readonly #names: string[]
  /** In the middle, so that an end of the wire does not see that it is cut. */
  readonly #middle: string
  readonly #onExit = () => this.remove()

  /** @throws Error if this machine does not let us */
  constructor() {
    removeLeftovers()
    const number = ++lastNumber
    const nameOf = (side: string) => `${PREFIX}-${process.pid}-${number}-${side}`
    const [left, right, middle] = ['left', 'right', 'middle'].map(nameOf)
    this.#names = [left, right, middle] as string[]
    this.#middle = middle as string
    process.on('exit', this.#onExit)
    this.sides = [sideOf(left as string, ADDRESSES[0]), sideOf(right as string, ADDRESSES[1])]
    try {
      this.#make()
    } catch (error) {
      this.remove()
      throw error
    }
  }

  cut(): void {
    ip('-n', this.#middle, 'link', 'set', 'bridge', 'down')
  }

  mend(): void {
    ip('-n', this.#middle, 'link', 'set', 'bridge', 'up')
  }

  /** Removes it. The processes in it should have ended. */
  remove(): void {
    process.off('exit', this.#onExit)
    for (const name of this.#names) removeNamespace(name)
  }

  #make(): void {
    const [left, right, middle] = this.#names as [string, string, string]
    for (const name of this.#names) ip('netns', 'add', name)
    ip('-n', middle, 'link', 'add', 'bridge', 'type', 'bridge')
    ip('-n', middle, 'link', 'set', 'bridge', 'up')
    for (const [name, { address }] of [
      [left, this.sides[0]],
      [right, this.sides[1]]
    ] as const) {
      const plug = address.replaceAll('.', '-')
      ip('-n', middle, 'link', 'add', plug, 'type', 'veth', 'peer', 'name', 'wire', 'netns', name)
      ip('-n', middle, 'link', 'set', plug, 'master', 'bridge', 'up')
      ip('-n', name, 'address', 'add', `${address}/${BITS}`, 'dev', 'wire')
      ip('-n', name, 'link', 'set', 'wire', 'up')
      ip('-n', name, 'route', 'add', '224.0.0.0/4', 'dev', 'wire')
      ip('-n', name, 'link', 'set', 'lo', 'up')
    }
  }
}

/** Why there can be no such network here, or `null`. */
export function whyNoNamespaces(): string | null {
  if (process.platform !== 'linux') return 'network namespaces are Linux only'
  if (process.getuid?.() !== 0) return 'only root can make network namespaces'
  try {
    new CuttableNetwork().remove()
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function sideOf(name: string, address: string): Side {
  return { address, through: ['ip', 'netns', 'exec', name] }
}

/** Namespaces of processes that are no more. */
function removeLeftovers(): void {
  for (const line of ip('netns', 'list').split('\n')) {
    const [, name, pid] = /^(webtorrent-dht-test-(\d+)-\S+)/.exec(line) ?? []
    if (name && pid && !existsSync(`/proc/${pid}`)) removeNamespace(name)
  }
}

function removeNamespace(name: string): void {
  spawnSync('ip', ['netns', 'delete', name]) // it may not have been made
}

function ip(...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync('ip', args, { encoding: 'utf8' })
  if (error) throw new Error(`ip: ${error.message}`)
  if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr.trim()}`)
  return stdout
}
