/**
 * A testbed: a small internet on one machine, with hosts behind NATs that run nodes in Node.js and browsers. Each host is a
 * network namespace without a name, so that all of it is gone with the process that made it.
 *
 *     await using bed = await Bed.up(merge(servers({ delay: 20 }), site('a', 'port', { delay: 20 })))
 *     await bed.boot()
 *     const a = bed.node('a')
 *     await a.call('start', { options: { bootstrap: bed.place } })
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { WebTorrentDHTOptions } from '../../src/api.js'
import { Agent } from './agent.js'
import type { BrowserOperations, BrowserSettings } from './browser-agent.js'
import { findBrowser } from './machine.js'
import type { NodeSettings } from './node-agent.js'
import type { Operations, Started } from './operations.js'
import {
  BOOT,
  BOOT_PORT,
  DNS,
  DNS6,
  type Host,
  type HostSettings,
  NAMES,
  type NetSettings,
  type Plan,
  STUN,
  STUN2,
  TURN,
  turnServer
} from './plan.js'
import type { Services } from './service-agent.js'
import { ENTER, Wan } from './wan.js'

/** A node in Node.js. */
export type NodeAgent = Agent<Operations>
/** A browser with a node in a page; `open` comes first. */
export type BrowserAgent = Agent<BrowserOperations>
export type ServiceAgent = Agent<Services>

/** coturn says nothing once it listens. */
const COTURN_START = 400

export interface BedSettings {
  /** Names and their addresses, beside those of plan.ts. */
  names?: Readonly<Record<string, readonly string[]>>
  /** Whether the STUN servers of the plan answer from the start. Default: true. */
  stun?: boolean
}

export class Bed implements AsyncDisposable {
  /** The first bootstrap node, as an option `bootstrap`. */
  readonly place = `http://boot.example:${BOOT_PORT}`
  readonly plan: Plan
  readonly #wan: Wan
  readonly #folder = mkdtempSync(join(tmpdir(), 'webtorrent-dht-bed-'))
  readonly #agents: { end(): Promise<void> }[] = []
  readonly #programs: ChildProcess[] = []
  readonly #names: Record<string, readonly string[]>
  #dns: ServiceAgent | null = null
  /** The processes end with this one by themselves: see wan/enter.c. */
  readonly #onExit = () => rmSync(this.#folder, { recursive: true, force: true })

  private constructor(plan: Plan, wan: Wan, names: Record<string, readonly string[]>) {
    this.plan = plan
    this.#wan = wan
    this.#names = names
    process.once('exit', this.#onExit)
  }

  /** Makes a bed; its resolver, and the STUN servers `stun` and `stun2` where the plan has them, run. Whoever makes it takes it down. */
  static async up(plan: Plan, { names = {}, stun = true }: BedSettings = {}): Promise<Bed> {
    const resolver: Host = { name: 'dns', ip: DNS, ip6: DNS6, near: 1 }
    const all = { nets: plan.nets, hosts: [...plan.hosts, resolver] }
    const bed = new Bed(all, await Wan.start(all), { ...NAMES, ...names })
    try {
      for (const host of all.hosts) bed.#configure(host)
      await bed.#startDNS()
      if (stun) await bed.startSTUN()
      return bed
    } catch (error) {
      await bed.down()
      throw error
    }
  }

  /** Ends all that runs in the bed, and the bed. */
  async down(): Promise<void> {
    for (const program of this.#programs) program.kill('SIGKILL')
    await Promise.all(this.#agents.map(agent => agent.end()))
    await this.#wan.close()
    process.off('exit', this.#onExit)
    this.#onExit()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.down()
  }

  // What runs in it.

  /** A node in Node.js. */
  node(host: string, settings: NodeSettings = {}): NodeAgent {
    return this.#agent<Operations>(host, 'node-agent.js', settings)
  }

  /** A browser, for the page that a bootstrap node serves. @throws if it is not installed */
  async browser(host: string, kind: BrowserSettings['kind'], page = `${this.place}/`): Promise<BrowserAgent> {
    const executablePath = await findBrowser(kind)
    if (!executablePath) throw new Error(`no ${kind} is installed`)
    return this.#agent<BrowserOperations>(host, 'browser-agent.js', { kind, executablePath, page })
  }

  /** A bootstrap node, which serves the page of browsers, too. @param ip that of its host in the plan */
  async boot(
    host = 'boot',
    ip = BOOT,
    options: WebTorrentDHTOptions = {}
  ): Promise<{ agent: NodeAgent; started: Started }> {
    const agent = this.node(host, { isServing: true })
    const http_address = { address: ip, port: BOOT_PORT }
    const started = await agent.call('start', {
      listen: [BOOT_PORT, '::'],
      options: { bootstrap: false, http_address, ...options }
    })
    return { agent, started }
  }

  /** A process for STUN, DNS, or the page of a captive portal: see service-agent.ts. */
  service(host: string): ServiceAgent {
    return this.#agent<Services>(host, 'service-agent.js', {})
  }

  /** Starts the STUN servers `stun` and `stun2`, where the plan has them. @param delay milliseconds until they answer */
  async startSTUN(delay = 0): Promise<void> {
    const hosts = this.plan.hosts.filter(({ ip }) => ip === STUN || ip === STUN2)
    await Promise.all(
      hosts.map(({ name, ip, ip6 }) =>
        this.service(name).call('stun', { addresses: [ip, ip6].filter(one => one !== undefined), delay })
      )
    )
  }

  /** A real coturn at the host `turn`: TURN over UDP and TCP, see `turnServer`. @param more arguments of its command line */
  async coturn(...more: string[]): Promise<void> {
    const { username, credential } = turnServer()
    const own = (name: string) => join(this.#folder, name)
    const how = [
      '-n',
      '--no-cli',
      '--no-tls',
      '--no-dtls',
      '--no-rfc5780',
      '--fingerprint',
      '--log-file=stdout'
    ]
    const where = [`--listening-ip=${TURN}`, `--relay-ip=${TURN}`, '--listening-port=3478']
    const who = ['--realm=example.org', '--lt-cred-mech', `--user=${username}:${credential}`]
    const files = [`--pidfile=${own('turn.pid')}`, `--db=${own('turn.db')}`]
    this.run('turn', 'turnserver', [...how, ...where, ...(more.length > 0 ? more : who), ...files])
    await new Promise(resolve => setTimeout(resolve, COTURN_START))
  }

  /** Runs any program at a host. It is killed with the bed. */
  run(host: string, program: string, args: string[]): ChildProcess {
    const child = spawn(...this.#command(host, program, args), { stdio: ['ignore', 'pipe', 'pipe'] })
    child.stdout.resume()
    child.stderr.on('data', text => {
      if (process.env.VERBOSE) process.stderr.write(`[${host}/${program}] ${text}`)
    })
    this.#programs.push(child)
    return child
  }

  // What happens to its networks.

  /** Changes a host or a net: `bed.set('n-a', { udp: 0 })`. */
  async set(name: string, settings: NetSettings | HostSettings): Promise<void> {
    await this.#wan.command('set', name, ...Object.entries(settings).map(([key, value]) => `${key}=${value}`))
  }

  /** A NAT forgets all mappings, as after a restart. */
  async flush(net: string): Promise<void> {
    await this.#wan.command('flush', net)
  }

  /** A NAT gets another outer address; its mappings stay. */
  async changeAddress(net: string, ext: string): Promise<void> {
    await this.#wan.command('ext', net, ext)
  }

  /**
   * A host goes over to another net, and the interface says so: the link goes down, then comes up with the new address.
   *
   * @param between milliseconds without any address
   */
  async move(host: string, net: string, ip: string, between = 0): Promise<void> {
    await this.set(host, { up: 0 })
    this.#ip(host, ['address flush dev eth0'])
    await new Promise(resolve => setTimeout(resolve, between))
    await this.#wan.command('move', host, net, ip)
    this.#ip(host, [`address add ${ip}/24 dev eth0`, `route replace default dev eth0 src ${ip}`])
    await this.set(host, { up: 1 })
  }

  /** How many packets went where. */
  async count(name: string): Promise<Record<string, number>> {
    return JSON.parse(await this.#wan.command('count', name)) as Record<string, number>
  }

  /** What the resolver says. @param every what all names lead to, as before the login at a captive portal */
  async setNames(every?: string[]): Promise<void> {
    await this.#dns?.call('setNames', { names: this.#names, ...(every && { every }) })
  }

  #configure({ name, ip, ip6, mtuLocal = 1500 }: Host): void {
    this.#ip(name, [
      'link set lo up',
      ...(ip6 ? [] : ['link set eth0 addrgenmode none']), // or IPv6 comes up by itself
      `link set eth0 up mtu ${mtuLocal} multicast on`,
      ...(ip ? [`address add ${ip}/24 dev eth0`, `route add default dev eth0 src ${ip}`] : []),
      ...(ip6 ? [`address add ${ip6}/64 dev eth0 nodad`, `-6 route add default dev eth0 src ${ip6}`] : [])
    ])
    writeFileSync(this.#resolvConf(name), `nameserver ${ip ? DNS : DNS6}\n`)
  }

  #ip(host: string, commands: string[]): void {
    for (const version of ['-4', '-6']) {
      const of6 = (line: string) => line.startsWith('-6 ')
      const lines = commands
        .filter(line => of6(line) === (version === '-6'))
        .map(line => line.replace('-6 ', ''))
      if (lines.length === 0) continue
      const input = `${lines.join('\n')}\n`
      const namespace = this.#wan.namespaceOf(host)
      execFileSync(ENTER, [namespace, '-', 'ip', ...(version === '-6' ? ['-6'] : []), '-batch', '-'], {
        input
      })
    }
  }

  async #startDNS(): Promise<void> {
    this.#dns = this.service('dns')
    await this.#dns.call('dns', { addresses: [DNS, DNS6] })
    await this.setNames()
  }

  #agent<All>(host: string, script: string, settings: object): Agent<All> {
    const path = fileURLToPath(new URL(script, import.meta.url))
    const command = this.#command(host, process.execPath, [path, JSON.stringify(settings)])
    const agent = new Agent<All>(spawn(...command, { stdio: ['pipe', 'pipe', 'pipe'] }), host)
    this.#agents.push(agent)
    return agent
  }

  #command(host: string, program: string, args: string[]): [program: string, args: string[]] {
    return [ENTER, [this.#wan.namespaceOf(host), this.#resolvConf(host), program, ...args]]
  }

  #resolvConf(host: string): string {
    return join(this.#folder, `${host}.resolv.conf`)
  }
}
