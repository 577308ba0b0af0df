/** Every flag, on the command line, in the environment and in the config file; and what is wrong with one. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import test from 'tape'
import { type CommandLine, readCommandLine } from '../../src/cli/command-line.js'
import { COMMANDS, FLAGS, type Flag, type FlagName } from '../../src/cli/flags.js'
import { LIMITS } from '../../src/cli/limits.js'
import { meetingFlags } from '../../src/cli/meeting-flags.js'
import { nodeOptionsOf } from '../../src/cli/node-options.js'
import { type Settings, toFlag } from '../../src/cli/settings.js'

interface Row {
  /** What is typed behind the flag. That of a switch is typed as `--name` or `--no-name`. */
  typed: string
  /** In the config file. */
  config: unknown
  /** The setting that comes of it. */
  setting: unknown
  /** The options of the library that come of it, for a server. */
  options?: object
}

const ROWS: Record<FlagName, Row> = {
  bootstrap: {
    typed: 'a.example:1,https://b.example/',
    config: ['a.example:1', 'https://b.example/'],
    setting: ['a.example:1', 'https://b.example/'],
    options: { bootstrap: ['a.example:1', 'https://b.example/'] }
  },
  network: { typed: 'mine', config: 'mine', setting: 'mine', options: { network: 'mine' } },
  udpDht: { typed: 'true', config: true, setting: true, options: { udpDht: true } },
  localNetwork: { typed: 'true', config: true, setting: true, options: { localNetwork: true } },
  stun: {
    typed: 'stun.example:3478 stun:other.example',
    config: ['stun.example:3478', 'stun:other.example'],
    setting: ['stun:stun.example:3478', 'stun:other.example'],
    options: {
      simple_peer_opts: {
        config: { iceServers: [{ urls: ['stun:stun.example:3478', 'stun:other.example'] }] }
      }
    }
  },
  turn: {
    typed: 'turn:a.example:3478,turn:b.example',
    config: ['turn:a.example:3478', 'turn:b.example'],
    setting: ['turn:a.example:3478', 'turn:b.example'],
    options: {
      turn: { urls: ['turn:a.example:3478', 'turn:b.example'], secret: 'turn:other', lifetime: 3600 }
    }
  },
  turnSecret: {
    typed: 'north',
    config: 'north',
    setting: 'north',
    options: { turn: { urls: ['turn:other'], secret: 'north', lifetime: 3600 } }
  },
  turnLifetime: { typed: '60', config: 60, setting: 60 },
  udpPort: {
    typed: '5000',
    config: 5000,
    setting: 5000,
    options: {
      simple_peer_opts: { config: { enableIceUdpMux: true, portRangeBegin: 5000, portRangeEnd: 5000 } }
    }
  },
  port: { typed: '1234', config: 1234, setting: 1234 },
  host: { typed: '::1', config: '::1', setting: '::1' },
  public: {
    typed: 'https://dht.example/',
    config: 'https://dht.example/',
    setting: { address: 'dht.example', port: 443, isSecure: true },
    options: { http_address: { address: 'dht.example', port: 443 } }
  },
  workers: { typed: '4', config: 4, setting: 4 },
  cert: { typed: 'cert.pem', config: 'cert.pem', setting: resolve('cert.pem') },
  key: { typed: 'key.pem', config: 'key.pem', setting: resolve('key.pem') },
  trustProxy: {
    typed: 'loopback,10.0.0.0/8',
    config: ['loopback', '10.0.0.0/8'],
    setting: ['loopback', '10.0.0.0/8'],
    options: { trustProxy: ['loopback', '10.0.0.0/8'] }
  },
  data: { typed: 'data', config: 'data', setting: resolve('data') },
  identity: { typed: 'node.key', config: 'node.key', setting: resolve('node.key') },
  admin: { typed: 'false', config: false, setting: false },
  adminPort: { typed: '9000', config: 9000, setting: 9000 },
  adminHost: { typed: '0.0.0.0', config: '0.0.0.0', setting: '0.0.0.0' },
  logFormat: { typed: 'json', config: 'json', setting: 'json' },
  logLevel: { typed: 'debug', config: 'debug', setting: 'debug' },
  maxConnections: { typed: '7', config: 7, setting: 7, options: { maxConnections: 7 } },
  maxValues: { typed: '8', config: 8, setting: 8, options: { maxValues: 8 } },
  maxPeers: { typed: '9', config: 9, setting: 9, options: { maxPeers: 9 } },
  signWith: { typed: 'author.key', config: 'author.key', setting: resolve('author.key') },
  salt: { typed: 'profile', config: 'profile', setting: 'profile' },
  timeout: { typed: '3', config: 3, setting: 3 }
}

const folder = mkdtempSync(join(tmpdir(), 'webtorrent-dht-flags-'))
const configPath = join(folder, 'config.json')
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))

/** Reads a command line, with an environment of its own. */
function read(args: string[], env: Record<string, string> = {}): CommandLine {
  Object.assign(process.env, env) // yargs has the object itself
  try {
    const found = readCommandLine(args)
    if (typeof found === 'string') throw new Error(found)
    return found
  } finally {
    for (const name of Object.keys(env)) delete process.env[name]
  }
}

function withConfig(config: object, args: string[] = []): CommandLine {
  writeFileSync(configPath, JSON.stringify(config))
  return read([...args, '--config', configPath])
}

/** A command that has the flag, with its arguments. */
function commandOf(name: FlagName): string[] {
  const { commands }: Flag<unknown> = FLAGS[name]
  const command = commands[0] ?? 'serve'
  return command === 'serve' || command === 'id' ? [command] : [command, 'x']
}

/** Flags that come together. */
const PAIRS: [FlagName, FlagName, other: string][] = [
  ['cert', 'key', 'other.pem'],
  ['turn', 'turnSecret', 'turn:other']
]

/** The other one of a pair. */
function companion(name: FlagName): [FlagName, string][] {
  return PAIRS.flatMap(([first, second, value]): [FlagName, string][] => {
    if (name === first) return [[second, value]]
    return name === second ? [[first, value]] : []
  })
}

function typeIn(name: FlagName, value: string): string[] {
  if (FLAGS[name].kind !== 'switch') return [toFlag(name), value]
  return [value === 'true' ? toFlag(name) : `--no-${toFlag(name).slice(2)}`]
}

function inEnvironment(name: string): string {
  return `WEBTORRENT_DHT_${toFlag(name).slice(2).replaceAll('-', '_').toUpperCase()}`
}

for (const [name, row] of Object.entries(ROWS) as [FlagName, Row][]) {
  test(`${toFlag(name)} is taken from the command line, the environment and the config file`, t => {
    const command = commandOf(name)
    const others = companion(name)
    const typed = typeIn(name, row.typed)
    const typedOthers = others.flatMap(([other, value]) => [toFlag(other), value])
    const env = { [inEnvironment(name)]: row.typed }
    const envOthers = Object.fromEntries(others.map(([other, value]) => [inEnvironment(other), value]))
    const all: Settings[] = [
      read([...command, ...typed, ...typedOthers]).settings,
      read(command, { ...env, ...envOthers }).settings,
      withConfig({ [name]: row.config, ...Object.fromEntries(others) }, command).settings,
      withConfig({ [toFlag(name).slice(2)]: row.config, ...Object.fromEntries(others) }, command).settings
    ]
    for (const settings of all) {
      t.deepEqual(settings[name], row.setting)
      const options = nodeOptionsOf(settings, 'server')
      for (const [option, value] of Object.entries(row.options ?? {}))
        t.deepEqual(Object.entries(options).find(([key]) => key === option)?.[1], value, option)
    }
    t.notDeepEqual(read(command).settings[name], row.setting, 'it is not the default')
    t.end()
  })
}

test('a client that meets others in another way joins at no default place', t => {
  const placesOf = (...args: string[]) =>
    nodeOptionsOf(read(['get', 'x', ...args]).settings, 'client').bootstrap
  t.deepEqual(placesOf(), ['127.0.0.1:16881'])
  t.equal(placesOf('--udp-dht'), false)
  t.equal(placesOf('--local-network'), false)
  t.deepEqual(placesOf('--udp-dht', '--bootstrap', 'a.example:1'), ['a.example:1'])
  t.end()
})

test('a server on this machine alone asks no STUN server, unless it meets others elsewhere', t => {
  const configOf = (...args: string[]) =>
    nodeOptionsOf(read(['--host', '127.0.0.1', ...args]).settings, 'server').simple_peer_opts?.config
  t.deepEqual(configOf(), { iceServers: [] })
  t.equal(configOf('--local-network'), undefined)
  t.equal(configOf('--udp-dht'), undefined)
  t.equal(configOf('--bootstrap', 'a.example:1'), undefined)
  t.end()
})

test('every limit of the library has a flag', t => {
  for (const [group, limits] of Object.entries(LIMITS)) {
    for (const name of Object.keys(limits)) {
      const upper = (text: string) => text.replace(/[A-Z]/g, '_$&').toUpperCase()
      const all = [
        read([`--${group}.${name}`, '7']),
        read([], { [`WEBTORRENT_DHT_${upper(group)}__${upper(name)}`]: '7' }),
        withConfig({ [group]: { [name]: 7 } })
      ]
      for (const { settings } of all) {
        const options = nodeOptionsOf(settings, 'server')
        t.deepEqual(
          { limits: {}, httpLimits: {}, [group]: { [name]: 7 } },
          {
            limits: options.limits,
            httpLimits: options.httpLimits
          }
        )
      }
    }
  }
  t.end()
})

test('the command line is stronger than the environment, and that is stronger than the file', t => {
  const env = { WEBTORRENT_DHT_PORT: '2', WEBTORRENT_DHT_CONFIG: configPath }
  writeFileSync(configPath, JSON.stringify({ port: 3, host: '127.0.0.3', maxPeers: 33 }))
  const { settings } = read(['--port', '1', '--max-peers=11'], env)
  t.deepEqual([settings.port, settings.host, settings.maxPeers], [1, '127.0.0.3', 11])
  t.equal(read([], env).settings.port, 2)
  t.end()
})

test('the settings of other commands may stand in the environment and in the file', t => {
  t.equal(read(['get', '0'.repeat(40)], { WEBTORRENT_DHT_PORT: '2' }).command, 'get')
  t.equal(withConfig({ adminPort: 5 }, ['lookup', 'x']).args.torrent, 'x')
  t.end()
})

test('what Kubernetes sets for a service of this name is no setting', t => {
  const links = {
    WEBTORRENT_DHT_SERVICE_HOST: '10.0.0.1',
    WEBTORRENT_DHT_SERVICE_PORT: '16881',
    WEBTORRENT_DHT_SERVICE_PORT_HTTP: '16881',
    WEBTORRENT_DHT_PORT: 'tcp://10.0.0.1:16881',
    WEBTORRENT_DHT_PORT_16881_TCP: 'tcp://10.0.0.1:16881',
    WEBTORRENT_DHT_PORT_16881_TCP_PROTO: 'tcp'
  }
  t.equal(read([], links).settings.port, 16881)
  t.equal(read([], { ...links, WEBTORRENT_DHT_PORT: '7' }).settings.port, 7)
  t.throws(() => read([], { WEBTORRENT_DHT_PORT: 'tcp://10.0.0.1:16881' }), { message: /^--port is 'tcp:/ })
  t.end()
})

const WRONG: [args: string[], message: RegExp][] = [
  [['--prot', '5'], /^There is no flag --prot; the nearest is '--port'$/],
  [['--max-conections=5'], /^There is no flag --max-conections; the nearest is '--max-connections'$/],
  [['-p'], /^There is no flag -p$/],
  [['--constructor', '1'], /^There is no flag --constructor$/],
  [['--toString'], /^There is no flag --toString$/],
  [['--to-string=1'], /^There is no flag --to-string$/],
  [['--__proto__.x', '1'], /^There is no flag --__proto__$/],
  [['--config'], /^--config has no value$/],
  [['--public', '0.0.0.0:1'], /^--public is '0\.0\.0\.0:1'; it should be an address that others reach$/],
  [['serv'], /^There is no command 'serv'; the nearest is 'serve'$/],
  [['serve', 'x'], /^'x' is too much\. Type: webtorrent-dht serve\./],
  [['lookup'], /^lookup needs more\. Type: webtorrent-dht lookup <torrent>$/],
  [['lookup', 'x', '--port', '5'], /^lookup has no flag --port\. /],
  [['--port'], /^--port has no value$/],
  [['--port', '65536'], /^--port is '65536'; it should be a whole number from 0 to 65535$/],
  [['--port', '1', '--port', '2'], /^--port is given 2 times/],
  [
    ['--log-format', 'jsn'],
    /^--log-format is 'jsn'; it should be one of lines, json; the nearest is 'json'$/
  ],
  [['--admin=maybe'], /^--admin is 'maybe'; it should be true or false$/],
  [['--public', 'x'], /^--public is 'x'; it should be host:port, or a URL/],
  [['--cert', 'x'], /^--cert and --key belong together$/],
  [['--turn', 'turn:x'], /^--turn and --turn-secret belong together$/],
  [['--turn-secret', 'x'], /^--turn and --turn-secret belong together$/],
  [['--workers', '0'], /^--workers is '0'; it should be a whole number from 1 to 64$/],
  [['--workers', '2', '--identity', 'x'], /^--identity is for one node/],
  [['--limits', '5'], /^--limits needs a name: --limits\.messages$/],
  [['--limits.ofers', '5'], /^There is no flag --limits\.ofers; the nearest is 'offers'$/],
  [['--limits.offers', '0'], /^--limits\.offers is '0'; it should be a whole number of 1 or more$/],
  [['--config', '/no/such/file'], /^--config is '\/no\/such\/file', which cannot be read: ENOENT/]
]

test('what is wrong is said in a sentence', t => {
  for (const [args, message] of WRONG) t.throws(() => read(args), { message }, args.join(' '))
  t.throws(
    () => read([], { WEBTORRENT_DHT_PROT: '5' }),
    /--prot, which the environment or the config file has;/
  )
  t.throws(() => withConfig({ prot: 5 }), /--prot, which the environment or the config file has;/)
  t.throws(() => withConfig({ port: { a: 1 } }), /^Error: --port has fields/)
  t.throws(() => withConfig([]), /it should be a JSON object/)
  t.end()
})

test('--help of each command documents each of its flags', t => {
  for (const command of COMMANDS) {
    const help = readCommandLine([command, '--help'])
    if (typeof help !== 'string') throw new Error('no help')
    for (const [name, flag] of Object.entries<Flag<unknown>>(FLAGS)) {
      const isThere = new RegExp(`^ +${toFlag(name)} `, 'm').test(help)
      t.equal(isThere, flag.commands.includes(command), `${command} ${toFlag(name)}`)
    }
  }
  t.end()
})

test('--help of each command says where it joins by default', t => {
  const defaultOf = (command: string) => {
    const help = String(readCommandLine([command, '--help'])).replace(/\s+/g, ' ')
    return /--bootstrap .*?\[default: (.*?)\]/.exec(help)?.[1]
  }
  t.equal(defaultOf('serve'), 'none: it starts a network')
  t.equal(defaultOf('doctor'), 'none: no place is tried')
  for (const command of ['lookup', 'announce', 'get', 'put'])
    t.equal(defaultOf(command), '127.0.0.1:16881; none with --udp-dht or --local-network')
  t.end()
})

test('a command for others has the flags that were given, as a shell takes them', t => {
  const settingsOf = (...args: string[]) => {
    const read = readCommandLine(['lookup', 'x', ...args])
    if (typeof read === 'string') throw new Error(read)
    return read.settings
  }
  t.equal(meetingFlags(settingsOf()), '')
  t.equal(
    meetingFlags(
      settingsOf('--bootstrap', 'a:1,[::1]:2', '--network', "Tom's", '--udp-dht', '--local-network')
    ),
    " --bootstrap a:1 --bootstrap '[::1]:2' --network 'Tom'\\''s' --udp-dht --local-network"
  )
  t.end()
})
