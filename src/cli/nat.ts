/** Says in words what STUN servers have seen. */

import { NO_ADDRESS, type Seen, type StunAnswer } from '../connections/stun-client.js'
import { ownAddresses } from '../interfaces.js'
import { bad, type Finding, good, note } from './finding.js'
import { place, visible } from './text.js'

export function describeNat(answers: StunAnswer[], own: string[] = ownAddresses() ?? []): Finding[] {
  const seen = answers.filter((answer): answer is Seen => 'address' in answer)
  const each = answers.map(answer => {
    const name = visible(answer.server)
    if ('failure' in answer) return note(`${name}: ${answer.failure}`)
    return good(`${name} sees ${place(answer.address, answer.port)} (${Math.ceil(answer.milliseconds)} ms)`)
  })
  return [...each, summaryOf(seen, answers, own)]
}

function summaryOf(seen: Seen[], asked: StunAnswer[], own: string[]): Finding {
  const [first, ...others] = seen
  if (!first) {
    if (asked.length === 0)
      return note('No STUN server is asked: nodes in other networks cannot connect to this one')
    if (asked.every(answer => 'failure' in answer && answer.failure === NO_ADDRESS))
      return bad('No name has an address here: there is no network, or no name server')
    return bad(
      'No STUN server answers: UDP is blocked here. WebRTC does not open without UDP, unless over TURN'
    )
  }
  if (own.includes(first.address))
    return good('This machine has a public address: others can connect directly')
  const isSame = others.every(({ address, port }) => address === first.address && port === first.port)
  if (!isSame)
    return bad(
      'The NAT is symmetric: each server sees another port. Others connect if they have a public address; two nodes behind such NATs need TURN'
    )
  // Two servers at one address could not tell.
  const isTested = others.some(({ from }) => from !== first.from)
  return isTested
    ? good('There is a NAT, and it keeps one port for all: WebRTC gets through')
    : note('There is a NAT. A second STUN server would tell whether it is symmetric: --stun')
}
