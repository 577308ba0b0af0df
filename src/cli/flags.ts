/** All flags: the one table for the command line, the environment, the config file and `--help`. */

import {
  list,
  oneOf,
  optional,
  type PublicPlace,
  path,
  proxies,
  publicPlace,
  type Reader,
  servers,
  text,
  whole,
  yesOrNo
} from './flag-readers.js'

export const COMMANDS = ['serve', 'lookup', 'announce', 'get', 'put', 'id', 'doctor'] as const
export type CommandName = (typeof COMMANDS)[number]

/** The groups of `--help`, in this order. */
export const GROUPS = ['The network', 'Listening', 'What is kept', 'Seen', 'Limits', 'This command'] as const

export interface Flag<Value> {
  group: (typeof GROUPS)[number]
  commands: readonly CommandName[]
  help: string
  /** Whether it has one value, one or several, or none: a switch is `--name` or `--no-name`. */
  kind: 'one' | 'several' | 'switch'
  byDefault: Value
  /** The default in words, where the value does not say it; it may differ by command. */
  shown?: string | ((command: CommandName) => string) | undefined
  read: Reader<Value>
}

const NODES = ['serve', 'lookup', 'announce', 'get', 'put', 'doctor'] as const
const CLIENTS = ['lookup', 'announce', 'get', 'put', 'doctor'] as const
const SERVERS = ['serve', 'doctor'] as const
const PORT = whole(0, 65535)
const BOOTSTRAP_DEFAULTS: Partial<Record<CommandName, string>> = {
  serve: 'none: it starts a network',
  doctor: 'none: no place is tried'
}

/** Tells the type of its value. */
function flag<Value>(given: Flag<Value>): Flag<Value> {
  return given
}

export const FLAGS = {
  bootstrap: flag<string[]>({
    group: 'The network',
    commands: NODES,
    help: 'join there: host:port, or a URL of a node or a tracker (wss:); several times, or with commas',
    kind: 'several',
    byDefault: [],
    shown: command =>
      BOOTSTRAP_DEFAULTS[command] ?? '127.0.0.1:16881; none with --udp-dht or --local-network',
    read: list
  }),
  network: flag<string | null>({
    group: 'The network',
    commands: NODES,
    help: 'the name under which nodes meet at trackers and other entrances: others never meet there',
    kind: 'one',
    byDefault: null,
    shown: 'webtorrent-dht',
    read: optional(text)
  }),
  udpDht: flag<boolean>({
    group: 'The network',
    commands: NODES,
    help: "meet over BitTorrent's DHT of UDP: serve announces its port there, under the name of the network",
    kind: 'switch',
    byDefault: false,
    read: yesOrNo
  }),
  localNetwork: flag<boolean>({
    group: 'The network',
    commands: NODES,
    help: 'meet in the local network, by multicast DNS',
    kind: 'switch',
    byDefault: false,
    read: yesOrNo
  }),
  stun: flag<string[] | null>({
    group: 'The network',
    commands: NODES,
    help: 'STUN servers, host:port; none asks nobody',
    kind: 'several',
    byDefault: null,
    shown: "Google's and Cloudflare's",
    read: optional(servers)
  }),
  turn: flag<string[]>({
    group: 'The network',
    commands: SERVERS,
    help: 'TURN servers that newcomers may use, turn:host:port; they get credentials that expire',
    kind: 'several',
    byDefault: [],
    shown: 'none',
    read: list
  }),
  turnSecret: flag<string | null>({
    group: 'The network',
    commands: SERVERS,
    help: 'the secret that these servers know: static-auth-secret of coturn; better in the environment',
    kind: 'one',
    byDefault: null,
    shown: 'none',
    read: optional(text)
  }),
  turnLifetime: flag<number>({
    group: 'The network',
    commands: ['serve'],
    help: 'seconds for which the credentials are good',
    kind: 'one',
    byDefault: 3600,
    read: whole(60, 86_400)
  }),
  udpPort: flag<number | null>({
    group: 'The network',
    commands: NODES,
    help: 'one UDP port for all WebRTC connections, for firewalls',
    kind: 'one',
    byDefault: null,
    shown: 'any free ones',
    read: optional(whole(1, 65535))
  }),
  port: flag<number>({
    group: 'Listening',
    commands: SERVERS,
    help: 'the TCP port that others join at; 0: any free one',
    kind: 'one',
    byDefault: 16881,
    read: PORT
  }),
  host: flag<string>({
    group: 'Listening',
    commands: SERVERS,
    help: 'listen on this address of the machine; 0.0.0.0: on all',
    kind: 'one',
    byDefault: '0.0.0.0',
    read: text
  }),
  public: flag<PublicPlace | null>({
    group: 'Listening',
    commands: SERVERS,
    help: 'where others reach it, if that differs: host:port or a URL (a proxy, a port forwarding)',
    kind: 'one',
    byDefault: null,
    shown: 'where it listens',
    read: optional(publicPlace)
  }),
  workers: flag<number>({
    group: 'Listening',
    commands: ['serve'],
    help: 'processes behind --port, each with an id, a folder in --data, and its own --udp-port and --admin-port, counted up',
    kind: 'one',
    byDefault: 1,
    read: whole(1, 64)
  }),
  cert: flag<string | null>({
    group: 'Listening',
    commands: SERVERS,
    help: 'speak HTTPS with the certificate in this PEM file, which is read again when it changes',
    kind: 'one',
    byDefault: null,
    shown: 'plain HTTP',
    read: optional(path)
  }),
  key: flag<string | null>({
    group: 'Listening',
    commands: SERVERS,
    help: 'the private key of --cert',
    kind: 'one',
    byDefault: null,
    shown: 'none',
    read: optional(path)
  }),
  trustProxy: flag<string[] | number | null>({
    group: 'Listening',
    commands: SERVERS,
    help: 'reverse proxies in front: loopback, private, addresses or subnets, or how many',
    kind: 'several',
    byDefault: null,
    shown: 'none',
    read: optional(proxies)
  }),
  data: flag<string | null>({
    group: 'What is kept',
    commands: ['serve', 'id', 'doctor'],
    help: "keep the node's key, places and stored values in this folder, which is made if it is missing",
    kind: 'one',
    byDefault: null,
    shown: 'in memory only',
    read: optional(path)
  }),
  identity: flag<string | null>({
    group: 'What is kept',
    commands: [...NODES, 'id'],
    help: "the file with the node's key, made if it is missing: the node keeps its id",
    kind: 'one',
    byDefault: null,
    shown: 'in --data, or a new key',
    read: optional(path)
  }),
  admin: flag<boolean>({
    group: 'Seen',
    commands: SERVERS,
    help: 'serve /health, /metrics (Prometheus), /status (JSON) and a page at /',
    kind: 'switch',
    byDefault: true,
    read: yesOrNo
  }),
  adminPort: flag<number | null>({
    group: 'Seen',
    commands: SERVERS,
    help: 'serve these on a port of their own',
    kind: 'one',
    byDefault: null,
    shown: 'on --port',
    read: optional(PORT)
  }),
  adminHost: flag<string>({
    group: 'Seen',
    commands: SERVERS,
    help: 'the address that --admin-port is on',
    kind: 'one',
    byDefault: '127.0.0.1',
    read: text
  }),
  logFormat: flag<'lines' | 'json'>({
    group: 'Seen',
    commands: SERVERS,
    help: 'how the log is written: lines or json',
    kind: 'one',
    byDefault: 'lines',
    read: oneOf('lines', 'json')
  }),
  logLevel: flag<'error' | 'warn' | 'info' | 'debug'>({
    group: 'Seen',
    commands: SERVERS,
    help: 'what is logged: error, warn, info or debug',
    kind: 'one',
    byDefault: 'info',
    read: oneOf('error', 'warn', 'info', 'debug')
  }),
  maxConnections: flag<number>({
    group: 'Limits',
    commands: SERVERS,
    help: 'connections at the same time',
    kind: 'one',
    byDefault: 256,
    read: whole(1)
  }),
  maxValues: flag<number>({
    group: 'Limits',
    commands: SERVERS,
    help: 'values that are stored',
    kind: 'one',
    byDefault: 10_000,
    read: whole(1)
  }),
  maxPeers: flag<number>({
    group: 'Limits',
    commands: SERVERS,
    help: 'announcements that are stored',
    kind: 'one',
    byDefault: 100_000,
    read: whole(1)
  }),
  signWith: flag<string | null>({
    group: 'This command',
    commands: ['put'],
    help: 'sign the value with the key in this file, made if it is missing: the next put replaces it',
    kind: 'one',
    byDefault: null,
    shown: 'not signed',
    read: optional(path)
  }),
  salt: flag<string | null>({
    group: 'This command',
    commands: ['put', 'get'],
    help: 'which of the values of one key',
    kind: 'one',
    byDefault: null,
    shown: 'none',
    read: optional(text)
  }),
  timeout: flag<number>({
    group: 'This command',
    commands: CLIENTS,
    help: 'give up after so many seconds',
    kind: 'one',
    byDefault: 30,
    read: whole(1, 86_400)
  })
}

export type FlagName = keyof typeof FLAGS
