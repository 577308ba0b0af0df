/**
 * Waits until a name can be looked up, in Node.js. Where no name server answers, each look-up by the system holds one of the four threads
 * of the process for ten seconds and more: attempts that go on would take all of them, and files and keys would wait too. So a name has one
 * such look-up at a time, and what is asked again each second is asked by Node.js' own resolver, which needs no thread.
 */

import { lookup, Resolver } from 'node:dns/promises'
import { isIP } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { abortable } from '../abort-signals.js'
import { isError } from '../errors.js'
import { withoutBrackets } from '../wire/address-kind.js'

/** Milliseconds between two questions to the name servers. */
const INTERVAL = 1000
/** Look-ups by the system at once. */
const MAX_LOOKUPS = 2

/** Look-ups by the system that are under way, by name. */
const lookups = new Map<string, Promise<void>>()

/**
 * Waits until the system knows the name, or knows that there is none, or a name server does.
 *
 * @param host as URLs have it
 * @throws what `fetch` throws where no name server answers, once the signal is aborted
 */
export async function whenResolvable(host: string, signal: AbortSignal): Promise<void> {
  const name = withoutBrackets(host)
  if (isIP(name)) return
  const done = new AbortController()
  const either = AbortSignal.any([signal, done.signal])
  try {
    await Promise.any([abortable(askSystem(name), either), askServers(name, either)])
  } catch {
    const cause = Object.assign(new Error(`${name}: no name server answers`), { code: 'EAI_AGAIN' })
    throw new TypeError('fetch failed', { cause })
  } finally {
    done.abort()
  }
}

/** Rejects if no name server answers, or enough look-ups are under way. */
function askSystem(name: string): Promise<void> {
  const current = lookups.get(name)
  if (current) return current
  if (lookups.size >= MAX_LOOKUPS) return Promise.reject(new Error('busy'))
  const asked = lookup(name)
    .catch(error => {
      if (isError(error) && 'code' in error && error.code === 'EAI_AGAIN') throw error
    })
    .then(() => {})
    .finally(() => lookups.delete(name))
  lookups.set(name, asked)
  return asked
}

/** Asks the name servers until they know the name. They do not know those that only this machine has. */
async function askServers(name: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const resolver = new Resolver({ timeout: INTERVAL, tries: 1 })
    const nextAt = pause(INTERVAL, undefined, { signal }).catch(() => {})
    const cancel = () => resolver.cancel()
    signal.addEventListener('abort', cancel)
    try {
      await Promise.any([resolver.resolve4(name), resolver.resolve6(name)])
      return
    } catch {
      await nextAt
    } finally {
      signal.removeEventListener('abort', cancel)
    }
  }
  throw signal.reason
}
