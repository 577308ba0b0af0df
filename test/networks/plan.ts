/** What a testbed consists of: hosts at the core of a small internet, and sites (homes, offices, carriers) with hosts behind NATs. */

/** `full`, `addr` and `port` are the cones of RFC 3489, `sym` is symmetric, `none` is a site without a NAT. */
export type NatType = 'none' | 'full' | 'addr' | 'port' | 'sym'

/** One way; the round trip between two ends is twice the sum of both uplinks. */
export interface Uplink {
  /** Milliseconds. */
  delay?: number
  /** Percent. */
  loss?: number
  /** Kilobits per second. Default: no limit. */
  rate?: number
}

export interface NetSettings extends Uplink {
  /** Hosts inside reach each other by the outer address. Default: 0. */
  hairpin?: 0 | 1
  /** Seconds that a mapping of UDP lives unused. Default: 60. */
  timeout?: number
  /** UDP gets out and in; DNS always does. Default: 1. */
  udp?: 0 | 1
  /** IPv6 from outside comes only as an answer. Default: 1. */
  fw6?: 0 | 1
  /** Multicast within the net, for mDNS. Default: 1. */
  mdns?: 0 | 1
  /** What comes in keeps a mapping alive. Default: 1. */
  refresh?: 0 | 1
}

export interface HostSettings extends Uplink {
  up?: 0 | 1
  /** 10 ms from everybody, without loss. */
  near?: 0 | 1
  /** Bytes: larger packets are lost in silence. */
  mtu?: number
}

export interface Net extends NetSettings {
  name: string
  /** The net that it hangs at. Default: the core. */
  parent?: string
  type: NatType
  /** The outer IPv4 address. */
  ext?: string
}

export interface Host extends HostSettings {
  name: string
  /** Default: the core. */
  net?: string
  ip?: string
  ip6?: string
  /** The MTU that the host knows of. Default: 1500. */
  mtuLocal?: number
}

export interface Plan {
  nets: Net[]
  hosts: Host[]
}

// Addresses of documentation ranges (RFC 5737, RFC 3849); they exist inside a bed only.
export const BOOT = '203.0.113.5'
export const BOOT2 = '203.0.113.6'
export const STUN = '203.0.113.10'
export const STUN2 = '203.0.113.11'
export const TURN = '203.0.113.12'
export const DNS = '203.0.113.53'
export const DNS6 = '2001:db8:53::53'
export const BOOT_PORT = 16881

/** The default STUN servers of the package are those of the bed. */
export const NAMES: Readonly<Record<string, readonly string[]>> = {
  'stun.l.google.com': [STUN],
  'stun.cloudflare.com': [STUN2],
  'boot.example': [BOOT],
  'boot2.example': [BOOT2]
}

/** A TURN server in the shape of `iceServers`: that of `bed.coturn()`. */
export function turnServer(transport: 'udp' | 'tcp' = 'udp'): {
  urls: string
  username: string
  credential: string
} {
  return { urls: `turn:${TURN}:3478?transport=${transport}`, username: 'user', credential: 'password' }
}

export interface SiteSettings extends NetSettings {
  /** The names of its hosts. Default: one, of the site's name. */
  hosts?: string[]
  ext?: string
  parent?: string
  /** For each of its hosts. */
  host?: HostSettings & { mtuLocal?: number }
}

/** The next outer address that no site has. */
let nextOuterAddress = 10

/** A home or an office: a NAT named `n-NAME` with hosts behind it. All have the same private addresses, as in life. */
export function site(name: string, type: NatType, settings: SiteSettings = {}): Plan {
  const { hosts = [name], host = {}, ext = `198.51.100.${nextOuterAddress++}`, ...keys } = settings
  const net = `n-${name}`
  return {
    nets: [{ name: net, type, ext, ...keys }],
    hosts: hosts.map((one, i) => ({ name: one, net, ip: `192.168.1.${20 + i}`, ...host }))
  }
}

/** A host with an address of its own at the core. */
export function publicHost(name: string, ip: string, settings: Omit<Host, 'name' | 'ip'> = {}): Plan {
  return { nets: [], hosts: [{ name, ip, ...settings }] }
}

/** A site without IPv4: no NAT, and a firewall. */
export function siteOfIPv6(name: string, ip6: string, settings: NetSettings = {}): Plan {
  const net = `n-${name}`
  return { nets: [{ name: net, type: 'none', ...settings }], hosts: [{ name, net, ip6 }] }
}

/** What most cells need at the core: a bootstrap node `boot`, STUN servers `stun` and `stun2`, and `turn`. */
export function servers(settings: HostSettings = {}): Plan {
  const hosts = { boot: BOOT, stun: STUN, stun2: STUN2, turn: TURN }
  return merge(...Object.entries(hosts).map(([name, ip]) => publicHost(name, ip, settings)))
}

export function merge(...plans: Plan[]): Plan {
  return { nets: plans.flatMap(({ nets }) => nets), hosts: plans.flatMap(({ hosts }) => hosts) }
}
