/** What the tests with processes share. */

import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { OwnMember } from '../helpers/member.js'

/** Milliseconds between two tries of something that the matter itself takes its time for. */
const TRY_INTERVAL = 250
/** Ports are told apart only: nobody is there. */
const PORT = 6881

/**
 * Begins what a test looks at later: scenarios that mostly wait run at the same time, each with a test of its own that
 * waits for its end.
 */
export function begin<T>(scenario: () => Promise<T>): Promise<T> {
  const seen = scenario()
  seen.catch(() => {}) // its test waits for it, and fails with it
  return seen
}

/** Announces a new key; gives the key. */
export async function announceNew(by: OwnMember): Promise<string> {
  const infoHash = randomBytes(20).toString('hex')
  await by.announce(infoHash, PORT)
  return infoHash
}

/** Whether a node finds what another one has announced. */
export async function finds(from: OwnMember, infoHash: string, by: OwnMember): Promise<boolean> {
  return (await from.lookup(infoHash)).ids.includes(by.id)
}

/** Whether a node finds what another one announces now. */
export async function findsNew(from: OwnMember, by: OwnMember): Promise<boolean> {
  // A node that is alone, or loses a connection just now, has nobody to announce to.
  const infoHash = await announceNew(by).catch(() => null)
  return infoHash !== null && (await finds(from, infoHash, by))
}

/** Tries until it holds; gives the milliseconds that it took, or `null` after the deadline. */
export async function timeUntil(holds: () => Promise<boolean>, deadline: number): Promise<number | null> {
  const startedAt = Date.now()
  while (!(await holds())) {
    if (Date.now() - startedAt > deadline) return null
    await pause(TRY_INTERVAL)
  }
  return Date.now() - startedAt
}

/** Says what was measured and is not asserted by the clock. */
export function report(text: string): void {
  process.stdout.write(`       ${text}\n`)
}

/** A time for a report. */
export function inSeconds(milliseconds: number | null): string {
  return milliseconds === null ? 'never' : `${(milliseconds / 1000).toFixed(1)} s`
}
