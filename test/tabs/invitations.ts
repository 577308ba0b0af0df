/**
 * Two people with nothing but two texts: pages of Chromium and Firefox, and a node of Node.js. The answer is on its way for longer than
 * Firefox waits by itself (5 s).
 */

import type { Page } from 'playwright-core'
import test, { type Test } from 'tape'
import WebTorrentDHT, { type AcceptedInvitation, type Invitation } from '../../src/index.js'
import { destroyAll } from '../helpers/nodes.js'
import { type BrowserPlace, idOf, Tabs, waitForConnections } from './browser.js'

/** Nobody is there. */
const NOWHERE = '127.0.0.1:9'
/** What a waiting end gives its ICE to check, one in 3 s. */
const CANDIDATES = 3
const TIMEOUT = 20_000

declare global {
  /** In a page: what its node has made or accepted. */
  var invitation: Invitation
  var accepted: AcceptedInvitation
  /** In a page: how often a connection was given a candidate. */
  var candidates: number
}

/** One of two people. */
interface Person {
  id: string
  invite(): Promise<string>
  accept(invitation: string): Promise<string>
  /** Waits for longer than ICE does by itself. */
  linger(): Promise<unknown>
  take(answer: string): Promise<unknown>
  connected(id: string): Promise<unknown>
  close(): Promise<unknown>
}

export function testInvitations(chromium: BrowserPlace, firefox: BrowserPlace): void {
  const people: [name: string, open: Open][] = [
    [chromium.name, () => openTab(chromium)],
    [firefox.name, () => openTab(firefox)],
    ['Node.js', createPerson]
  ]
  for (const [host, openHost] of people) {
    const guests = people.filter(([guest]) => !(host === guest && host === 'Node.js')) // test/entrances/invitations.test.ts
    test(`${host} invites ${guests.map(([guest]) => guest).join(', ')}, by two texts each`, t =>
      Promise.all(guests.map(([, openGuest]) => invite(t, openHost, openGuest))))
  }
}

type Open = () => Person | Promise<Person>

async function invite(t: Test, openHost: Open, openGuest: Open): Promise<void> {
  const [one, other] = await Promise.all([openHost(), openGuest()])
  try {
    await exchange(t, one, other)
  } finally {
    await Promise.all([one.close(), other.close()])
  }
}

async function exchange(t: Test, host: Person, guest: Person): Promise<void> {
  const invitation = await host.invite()
  const answer = await guest.accept(invitation)
  await guest.linger()
  const startedAt = performance.now()
  await host.take(answer)
  await Promise.all([host.connected(guest.id), guest.connected(host.id)])
  const after = Math.round(performance.now() - startedAt)
  console.log(
    `       ${invitation.length} and ${answer.length} characters; open ${after} ms after the second`
  )
  t.ok(Math.max(invitation.length, answer.length) < 400, 'short enough for a QR code')
}

async function openTab(place: BrowserPlace): Promise<Person> {
  const tabs = await Tabs.open(place)
  const page = await tabs.openPage(NOWHERE)
  await page.evaluate(countCandidates)
  return {
    id: await idOf(page),
    invite: () =>
      page.evaluate(async () => {
        globalThis.invitation = await dht.invite()
        return invitation.text
      }),
    accept: text =>
      page.evaluate(async text => {
        globalThis.accepted = await dht.accept(text)
        return accepted.text
      }, text),
    linger: () => waitForCandidates(page),
    take: answer => page.evaluate(async answer => void (await invitation.accept(answer)), answer),
    connected: id => waitForConnections(page, [id]),
    close: () => tabs.close()
  }
}

function waitForCandidates(page: Page): Promise<unknown> {
  return page.waitForFunction(count => candidates >= count, CANDIDATES, { timeout: TIMEOUT })
}

function createPerson(): Person {
  const node = new WebTorrentDHT({ bootstrap: false, simple_peer_opts: { config: { iceServers: [] } } })
  let invitation: Invitation
  let accepted: AcceptedInvitation
  return {
    id: node.nodeId.toString('hex'),
    invite: async () => {
      invitation = await node.invite()
      return invitation.text
    },
    accept: async text => {
      accepted = await node.accept(text)
      return accepted.text
    },
    linger: async () => {}, // libjuice waits for 30 s by itself
    take: answer => invitation.accept(answer),
    connected: async () => (accepted ? accepted.whenConnected : undefined),
    close: () => destroyAll(node)
  }
}

// What follows runs in the page.

function countCandidates(): void {
  const { prototype } = RTCPeerConnection
  globalThis.candidates = 0
  prototype.addIceCandidate = new Proxy(prototype.addIceCandidate, {
    apply: (add, connection, given) => {
      globalThis.candidates++
      return Reflect.apply(add, connection, given)
    }
  })
}
