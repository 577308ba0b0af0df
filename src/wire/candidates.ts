/**
 * The ICE candidates in the description of a stranger: places of its choice, to which this machine then sends packets. So they are few,
 * and lead to private places only where the description comes from there.
 */

import { type AddressKind, addressKind } from './address-kind.js'

export const MAX_CANDIDATES = 8
export const MAX_HOSTS = 4
/**
 * Candidates at addresses. Names of tabs (mDNS) do not count: they lead to whoever answers for them in the own network. Five are one of
 * each kind and family that are common; libjuice sends each two checks in 1.4 s, so that one description causes ten.
 */
export const MAX_ADDRESSES = 5

/**
 * Milliseconds that ICE is given while no check was answered. libjuice sends one to each candidate at 0, 0.5, 1.5 and 3.5 s, all within
 * 250 ms: so few candidates have more time, and none more than ten packets. Browsers send more, and cannot be limited.
 */
const SHORT_CHECKING_TIME = 1400
const LONG_CHECKING_TIME = 3400
export const MAX_CHECKED_LONG = 3
/**
 * A relayed candidate answers once the other end has had the answer, its TURN server's permission, and a packet on its way through the
 * server: four round trips, which may be half a second each. libjuice sends a check more to each of so few, 10 in all.
 */
const RELAYED_CHECKING_TIME = 7400
const MAX_CHECKED_RELAYED = 2

/** As libwebrtc has it: below this no ports but those of HTTP and HTTPS, which firewalls let out, at public addresses. */
const FIRST_FREE_PORT = 1024
const WEB_PORTS = [80, 443]
const MAX_PORT = 65535

/** Names that browsers give to tabs, to hide their addresses. Others are not looked up in a stranger's name. */
const TAB_NAME = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.local$/i
/** RFC 8839, section 5.1. UDP only: browsers open TCP connections to candidates that say so. */
const CANDIDATE =
  /^a=candidate:[\w+/]{1,32} 1 [uU][dD][pP] \d{1,10} ([\w.:-]{1,64}) (\d{1,5}) typ (host|srflx|prflx|relay)( [\x20-\x7e]*)?$/

/**
 * Where a description comes from: what is near may name what is near. `foreign`: from a page of another origin, which is public
 * although its packets come from this machine or network.
 */
export type Reach = 'loopback' | 'private' | 'public' | 'foreign'

/** Tells the kind of an address. Tests give another one. */
export type KindOf = (address: string) => AddressKind

/** Tells hosts of this node's own network, which another node behind the same NAT may name. */
export type IsMate = (address: string) => boolean

interface Candidate {
  line: string
  address: string
  kind: AddressKind
  type: string
  /** Address and port. */
  place: string
  isHost: boolean
  isName: boolean
  /** Its type and family: of each there is one before there are two of any. */
  group: string
}

/**
 * Takes out the candidates that this node must not check. All else stays as it is.
 *
 * @param reach where the description comes from
 * @param isMate private hosts that stay, wherever it comes from
 */
export function limitCandidates(
  sdp: string,
  reach: Reach,
  kindOf: KindOf = addressKind,
  isMate: IsMate = () => false
): string {
  const lines = linesOf(sdp)
  const chosen = choose(lines.flatMap(line => parseCandidate(line, reach, kindOf, isMate) ?? []))
  return filterLines(sdp, line => !isAboutCandidate(line) || chosen.delete(line))
}

/** Those of more candidates that this node may check beside those of a description, in their order. @param used of the description */
export function limitMoreCandidates(
  used: readonly string[],
  more: readonly string[],
  reach: Reach,
  kindOf: KindOf = addressKind
): string[] {
  const chosen = used.flatMap(line => parseCandidate(line, 'loopback', kindOf) ?? [])
  const before = chosen.length
  for (const candidate of more.flatMap(line => parseCandidate(line, reach, kindOf) ?? [])) {
    const isKnown = chosen.some(({ place }) => place === candidate.place)
    if (!isKnown && fits(candidate, chosen)) chosen.push(candidate)
  }
  return chosen.slice(before).map(({ line }) => line)
}

/** The lines of the candidates in a description that are of use to others: over UDP. */
export function candidateLines(sdp: string): string[] {
  return linesOf(sdp).filter(line => /^a=candidate:\S+ 1 udp /i.test(line))
}

/** A description with more candidates. Data channels have one section, so they belong to the last. */
export function addCandidates(sdp: string, lines: readonly string[]): string {
  const text = lines.map(line => `${line}\r\n`).join('')
  if (/^a=end-of-candidates/m.test(sdp)) return sdp.replace(/^a=end-of-candidates/m, `${text}$&`)
  return sdp.replace(/(\r?\n)?$/, `\r\n${text}`)
}

/** All candidates of a description that are of use to anybody. */
export function parseCandidates(sdp: string, kindOf: KindOf = addressKind): Candidate[] {
  return linesOf(sdp).flatMap(line => parseCandidate(line, 'loopback', kindOf) ?? [])
}

/**
 * How long ICE may check the candidates of a description while none answers, in milliseconds. Nothing is checked where there are none yet;
 * the time begins with the first.
 */
export function checkingTime(sdp: string): number {
  const candidates = parseCandidates(sdp)
  if (candidates.length === 0) return Number.POSITIVE_INFINITY
  const count = candidates.filter(({ isName }) => !isName).length
  if (count <= MAX_CHECKED_RELAYED && candidates.some(({ type }) => type === 'relay'))
    return RELAYED_CHECKING_TIME
  return count > MAX_CHECKED_LONG ? SHORT_CHECKING_TIME : LONG_CHECKING_TIME
}

/** Takes private addresses out of a description of this node's own: browsers hide them from pages, too. */
export function hideLocalAddresses(sdp: string, kindOf: KindOf = addressKind): string {
  const isShown = (line: string) => !isAboutCandidate(line) || parseCandidate(line, 'public', kindOf)
  return filterLines(sdp, line => Boolean(isShown(line)))
    .replace(/^c=IN IP[46] \S+/gm, 'c=IN IP4 0.0.0.0')
    .replace(/ raddr \S+ rport \d+/g, ' raddr 0.0.0.0 rport 0')
}

function filterLines(sdp: string, isKept: (line: string) => boolean): string {
  const lines = linesOf(sdp)
  const kept = lines.filter(isKept)
  return kept.length === lines.length ? sdp : kept.join('\r\n')
}

/** Some parsers end a line at a single carriage return. */
function linesOf(sdp: string): string[] {
  return sdp.split(/\r\n|\r|\n/)
}

/** However it is written: parsers differ in what they still take for a candidate. */
function isAboutCandidate(line: string): boolean {
  return /candidate/i.test(line) && !/^a=end-of-candidates\s*$/i.test(line)
}

function parseCandidate(
  line: string,
  reach: Reach,
  kindOf: KindOf,
  isMate: IsMate = () => false
): Candidate | undefined {
  const [, address = '', port = '', type = ''] = CANDIDATE.exec(line) ?? []
  if (address === '') return undefined
  const isName = TAB_NAME.test(address)
  const isHost = type === 'host'
  const kind = isName ? 'private' : kindOf(address)
  const isNear = kind === reach || reach === 'loopback' || (isHost && kind === 'private' && isMate(address))
  const isReached = isName ? isHost : kind === 'public' || isNear
  if (kind === 'unusable' || !isReached || !isGoodPort(Number(port), kind)) return undefined
  const family = isName ? 'name' : address.includes(':') ? 'IPv6' : 'IPv4'
  const group = `${type} ${family}`
  const place = `${address} ${port}`.toLowerCase()
  return { line, address, kind, type, place, isHost, isName, group }
}

function isGoodPort(port: number, kind: AddressKind): boolean {
  if (port > MAX_PORT) return false
  return port >= FIRST_FREE_PORT || (kind === 'public' && WEB_PORTS.includes(port))
}

/** The lines of the candidates that are kept: in rounds, in each the first that is left of each group. */
function choose(candidates: readonly Candidate[]): Set<string> {
  const groups = new Map<string, Candidate[]>()
  const places = new Set<string>()
  for (const candidate of candidates) {
    if (places.has(candidate.place)) continue
    places.add(candidate.place)
    groups.set(candidate.group, [...(groups.get(candidate.group) ?? []), candidate])
  }
  const rounds = [...groups.values()].flatMap(group =>
    group.map((candidate, round) => ({ candidate, round }))
  )
  rounds.sort((a, b) => a.round - b.round)
  const chosen: Candidate[] = []
  for (const { candidate } of rounds) if (fits(candidate, chosen)) chosen.push(candidate)
  return new Set(chosen.map(({ line }) => line))
}

/** Whether there is room for one more candidate. */
function fits({ isHost, isName }: Candidate, chosen: readonly Candidate[]): boolean {
  if (chosen.length >= MAX_CANDIDATES) return false
  if (isHost && chosen.filter(({ isHost }) => isHost).length >= MAX_HOSTS) return false
  return isName || chosen.filter(({ isName }) => !isName).length < MAX_ADDRESSES
}
