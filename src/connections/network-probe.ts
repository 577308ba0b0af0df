/** Finds out in Node.js which network this machine is in: two STUN servers, asked from one socket, tell the kind of NAT. */

import type { NetworkKind, Probed, ProbeOptions } from '../network-kind.js'
import type { KindOf } from '../wire/candidates.js'
import { askStunServers, type Seen, type StunAnswer } from './stun-client.js'

/** Milliseconds for all servers: six requests to each. */
const TIMEOUT = 3000
/** Servers asked at once: a user may give many. */
const MAX_ASKED = 4

/** Asks the first few servers. Rejects if there is no socket for it. */
export async function probeNetwork(
  servers: readonly string[],
  { signal, own, kindOf, onAnswered }: ProbeOptions
): Promise<Probed> {
  const asked = servers.filter(url => /^stun:/i.test(url)).slice(0, MAX_ASKED)
  const answers = await askStunServers(asked, {
    timeout: TIMEOUT,
    isBackground: true,
    signal,
    onSeen: ({ server }) => onAnswered(server)
  })
  const silent = answers.flatMap(answer => ('failure' in answer ? answer.server : []))
  return { kind: kindOfAnswers(answers, own, kindOf), silent }
}

/** @param own the addresses of this machine */
export function kindOfAnswers(
  answers: readonly StunAnswer[],
  own: readonly string[],
  kindOf: KindOf
): NetworkKind {
  // A server in the local network sees a private address, and knows no NAT.
  const seen = answers.filter((answer): answer is Seen => 'address' in answer)
  const [first, ...others] = seen.filter(({ address }) => kindOf(address) === 'public')
  if (!first) return 'unknown'
  if (own.includes(first.address)) return 'public'
  if (others.some(({ address, port }) => address !== first.address || port !== first.port)) return 'symmetric'
  // Two names of one server could not tell.
  const isElsewhere = ({ from, fromPort }: Seen) => from !== first.from || fromPort !== first.fromPort
  return others.some(isElsewhere) ? 'nat' : 'unknown'
}
