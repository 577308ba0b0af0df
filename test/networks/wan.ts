/** The internet of a testbed: compiles wan/*.c, and runs and commands the process. */

import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process'
import { mkdirSync, readdirSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Host, Net, Plan } from './plan.js'

/** The compiler copies no C files to build/. */
const SOURCES = fileURLToPath(new URL('../../../test/networks/wan', import.meta.url))
const BINARIES = fileURLToPath(new URL('./wan', import.meta.url))
const FLAGS = ['-O2', '-Wall', '-Wextra']
/** What is no setting of wan's. */
const OTHER_KEYS = ['name', 'net', 'parent', 'type', 'ext', 'ip', 'ip6', 'mtuLocal']

/** Runs a program as a host of the testbed: see wan/enter.c. */
export const ENTER = join(BINARIES, 'enter')
const WAN = join(BINARIES, 'wan')

/** Compiles what has changed. @throws if there is no compiler */
export function compileWan(): void {
  const files = readdirSync(SOURCES)
  const changedAt = Math.max(...files.map(file => statSync(join(SOURCES, file)).mtimeMs))
  if ([WAN, ENTER].every(binary => (modifiedAt(binary) ?? 0) > changedAt)) return
  mkdirSync(BINARIES, { recursive: true })
  const parts = files.filter(file => file.endsWith('.c') && file !== 'enter.c')
  link(WAN, parts)
  link(ENTER, ['enter.c'])
}

function link(binary: string, files: string[]): void {
  const unfinished = `${binary}.${process.pid}` // another run may start the old one meanwhile
  execFileSync('gcc', [...FLAGS, '-o', unfinished, ...files.map(file => join(SOURCES, file))])
  renameSync(unfinished, binary)
}

function modifiedAt(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs
}

export class Wan {
  readonly #child: ChildProcessWithoutNullStreams
  readonly #namespaces = new Map<string, string>()
  readonly #waiting: { resolve: (line: string) => void; reject: (error: Error) => void }[] = []
  /** What it has printed on standard error. */
  #words = ''
  #hasEnded = false

  private constructor() {
    this.#child = spawn(WAN)
    createInterface({ input: this.#child.stdout }).on('line', line => this.#waiting.shift()?.resolve(line))
    this.#child.stderr.on('data', text => {
      this.#words += text
    })
    this.#child.stdin.on('error', () => {}) // it has ended, which is told below
    this.#child.once('close', () => {
      this.#hasEnded = true
      for (const { reject } of this.#waiting.splice(0)) reject(this.#errorOfEnd())
    })
  }

  /** @throws if there can be no such network here */
  static async start(plan: Plan): Promise<Wan> {
    const wan = new Wan()
    await Promise.all(plan.nets.map(net => wan.command(lineOfNet(net))))
    await Promise.all(plan.hosts.map(host => wan.#add(host)))
    return wan
  }

  /** The path of a host's network namespace. */
  namespaceOf(host: string): string {
    const path = this.#namespaces.get(host)
    if (!path) throw new Error(`no host '${host}' in this bed`)
    return path
  }

  /** Gives a command: see wan/plan.c. @returns its answer */
  command(...words: (string | number)[]): Promise<string> {
    return new Promise((resolve, reject) => {
      if (this.#hasEnded) return reject(this.#errorOfEnd())
      this.#waiting.push({ resolve, reject })
      this.#child.stdin.write(`${words.join(' ')}\n`)
    })
  }

  async close(): Promise<void> {
    if (this.#hasEnded) return
    const closed = new Promise(resolve => this.#child.once('close', resolve))
    this.#child.stdin.end()
    await closed
  }

  #errorOfEnd(): Error {
    return new Error(this.#words.trim() || 'wan has ended')
  }

  async #add(host: Host): Promise<void> {
    const descriptor = await this.command(lineOfHost(host))
    this.#namespaces.set(host.name, `/proc/${this.#child.pid}/fd/${descriptor}`)
  }
}

function lineOfNet(net: Net): string {
  return `net ${net.name} ${net.parent ?? '-'} ${net.type} ${net.ext ?? '-'} ${pairs(net)}`
}

function lineOfHost(host: Host): string {
  return `host ${host.name} ${host.net ?? '-'} ${host.ip ?? '-'} ${host.ip6 ?? '-'} ${pairs(host)}`
}

function pairs(settings: object): string {
  const own = Object.entries(settings).filter(([key]) => !OTHER_KEYS.includes(key))
  return own.map(([key, value]) => `${key}=${value}`).join(' ')
}
