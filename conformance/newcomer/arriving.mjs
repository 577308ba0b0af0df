/** What a newcomer has done in the network of the prober: its offers, its first messages, and the introductions that it has asked for. */

import { isProven, looksBound, proofsIn } from '../probes/keys.mjs'
import { check, encode, hex, ID_BYTES, idOf, same } from '../probes/wire.mjs'

const MAX_SDP_BYTES = 8192
const MAX_CANDIDATES = 32
const MAX_MESSAGE_BYTES = 65_536
/** Host candidates of one description. */
const MAX_HOSTS = 4
/** Milliseconds, of 700. */
const LEAST_WAIT = 500

/** The offers over HTTP, and those for other nodes. */
function offersOf({ host, network }) {
  const introductions = network.introductions.map(({ to, signal }) => ({
    id: signal.id,
    type: String(signal.type),
    sdp: String(signal.sdp),
    extensions: signal.extensions?.map(String) ?? [],
    to: network.idOf(to)
  }))
  const posted = host.offers.map(offer => ({
    ...offer,
    id: offer.id === undefined ? network.id : Buffer.from(offer.id, 'hex'),
    extensions: offer.extensions ?? [],
    to: Buffer.alloc(ID_BYTES)
  }))
  return [...posted, ...introductions]
}

/** A check of each description that the newcomer has made. */
const ofOffers = holds => run => {
  for (const offer of offersOf(run)) holds(offer)
}

function isIn({ network }, letter) {
  check(network.asked(letter).length > 0, `no introduction to ${letter} is asked for`)
  check(network.open(letter), `no connection to ${letter} opens`)
}

function staysOut({ network }, letter) {
  check(network.asked(letter).length > 0, `no introduction to ${letter} is asked for`)
  check(!network.open(letter), `a connection to ${letter} opens`)
}

const roleOf = end => /^a=setup:(\w+)/m.exec(end?.answer.sdp)?.[1]
const ufragOf = sdp => /^a=ice-ufrag:(\S+)/m.exec(String(sdp))?.[1]

/** A node that is named only in replies that do not count. */
function isNotKnown({ network }, letter) {
  const targets = network.messages.map(({ message }) => message.a?.target)
  const isAsked = targets.some(target => target?.equals(idOf(letter))) || network.framesFor(letter).length > 0
  check(!isAsked, `it looks for ${letter}`)
}

export const arriving = [
  [
    'M1',
    'the id has 20 bytes',
    run => {
      for (const { id } of offersOf(run)) same(id?.length, ID_BYTES, 'bytes')
    }
  ],
  [
    'M2',
    'it opens one channel on a connection',
    ({ network }) => {
      for (const letter of 'BC') same(network.open(letter)?.openedChannels, 1, `channels to ${letter}`)
    }
  ],
  [
    'M4',
    'messages have at most 65,536 bytes',
    ({ network }) => {
      for (const { bytes } of network.messages)
        check(bytes.length <= MAX_MESSAGE_BYTES, `${bytes.length} bytes`)
    }
  ],
  [
    'M5',
    'messages are binary',
    ({ network }) => check(!network.messages.some(({ isText }) => isText), 'text comes')
  ],
  [
    'M6',
    'messages before its own end is open are kept',
    ({ b }) => {
      const answers = b.log.filter(({ message }) => message.r && String(message.t) === 'pp')
      same(answers.length, 15, 'replies to 15 pings')
    }
  ],
  [
    'M7',
    'descriptions have limits',
    ofOffers(({ sdp }) => {
      check(sdp.startsWith('v=0'), 'another beginning')
      check(Buffer.byteLength(sdp) <= MAX_SDP_BYTES, 'too long')
      check((sdp.match(/^a=candidate:/gm) ?? []).length <= MAX_CANDIDATES, 'too many candidates')
    })
  ],
  [
    'M8',
    'one media section, of a data channel',
    ofOffers(({ sdp }) => same(sdp.match(/^m=\w+/gm), ['m=application'], 'sections'))
  ],
  [
    'M9',
    'offers say actpass',
    ofOffers(({ sdp }) => same(sdp.match(/^a=setup:\w+/gm), ['a=setup:actpass'], 'role'))
  ],
  [
    'M10',
    'answers are taken that say passive, and active',
    run => {
      same(
        ['B', 'C'].map(letter => roleOf(run.network.ends[letter]?.[0])),
        ['passive', 'active'],
        'of B and C'
      )
      isIn(run, 'C')
    }
  ],
  ['M11', 'offers hold their candidates', ofOffers(({ sdp }) => check(/^a=candidate:/m.test(sdp), 'none'))],
  ['M12', 'attributes that are not known are ignored', run => isIn(run, 'C')],
  [
    'M14',
    'candidates of another component are not used',
    ({ network }) => same(network.ears.component.heard, 0, 'packets')
  ],
  [
    'M16',
    'at most 4 hosts are used',
    ({ network }) => {
      const heard = network.ears.hosts.filter(ear => ear.heard > 0).length
      check(heard <= MAX_HOSTS, `${heard} get packets`)
    }
  ],
  [
    'M18',
    'ids that look bound are proven, and have to be',
    run => {
      isIn(run, 'J')
      staysOut(run, 'H')
      for (const { id, sdp } of offersOf(run)) {
        check(!looksBound(id) || proofsIn(sdp).length > 0, 'an offer has no proof')
      }
    }
  ],
  [
    'M19',
    'its proofs are good',
    ofOffers(({ id, sdp, to, type }) => {
      check(!looksBound(id) || isProven(sdp, { id, type, purpose: 'node', to }), 'one is not')
    })
  ],
  ['M20', 'a proof for anybody is none in an answer', run => staysOut(run, 'I')],
  [
    'M21',
    'a description has one proof at most',
    ofOffers(({ sdp }) => check(proofsIn(sdp).length <= 1, 'there are more'))
  ],
  [
    'M23',
    'what it sends has the one spelling of bencode',
    ({ network }) => {
      for (const { bytes, message } of network.messages) same(encode(message), bytes, 'a message')
    }
  ],
  ['M30', 'a reply that nobody waits for does not count', run => isNotKnown(run, 'U')],
  [
    'M31',
    'its messages name it, and replies by others do not count',
    run => {
      const ids = run.network.messages.flatMap(({ message: { a, r } }) => a?.id ?? r?.id ?? [])
      same([...new Set(ids.map(hex))], [hex(run.node)], 'ids')
      isNotKnown(run, 'Y')
    }
  ],
  [
    'M33',
    'a query whose reply was malformed waits on',
    ({ network }) => check(network.asked('N').length > 0, 'N, which the good reply names, is not looked for')
  ],
  [
    'M35',
    'offers name all extensions',
    run => {
      const all = offersOf(run).map(({ extensions }) => [...extensions].sort().join())
      same([...new Set(all)].length, 1, 'lists that differ')
    }
  ],
  ['M37', 'extensions that are not known are ignored', run => isIn(run, 'C')],
  [
    'M38',
    'who speaks `route` speaks `introduce`',
    ofOffers(({ extensions }) => {
      check(!extensions.includes('route') || extensions.includes('introduce'), extensions.join())
    })
  ],
  [
    'M40',
    'nothing is sent to the addresses of `nodes`',
    ({ network }) => same(network.ears.address.heard, 0, 'packets')
  ],
  [
    'M52',
    'an offer that was used is not used again',
    ({ network: { introductions } }) => {
      for (const [i, { signal, isUnused, to }] of introductions.entries()) {
        const ufrag = ufragOf(signal.sdp)
        const again = introductions.slice(i + 1).find(later => ufragOf(later.signal.sdp) === ufrag)
        check(isUnused || !again, `that for ${to} goes to ${again?.to}, too`)
      }
    }
  ],
  ['M58', 'an answer by another node is not taken', run => staysOut(run, 'G')],
  ['M59', 'signals have its own id', run => ofOffers(({ id }) => same(id, run.node, 'the id'))(run)],
  [
    'M61',
    'to a neighbour without `introduce` searches bring offers',
    ({ network }) => {
      check(network.searches.length > 0, 'J gets no query')
      check(!network.searches.includes(0), `so many: ${network.searches}`)
    }
  ],
  [
    'M64',
    'answers are matched to offers by id',
    ({ network }) => check(network.open('Q'), 'no connection to Q opens')
  ],
  [
    'M67',
    'candidates follow only where the answer allows it',
    ({ network }) => {
      const barred = network.introductions
        .filter(({ to }) => to !== 'C')
        .map(({ signal }) => ufragOf(signal.sdp))
      const followed = network.messages.map(({ message }) => String(message.a?.ufrag ?? ''))
      same(
        followed.filter(ufrag => barred.includes(ufrag)),
        [],
        'candidates'
      )
    }
  ],
  [
    'M71',
    'of crossing offers that of the smaller id waits',
    ({ network: { crossing } }) => {
      check(crossing.L?.isAnswered, 'the offer of a larger id is not answered in the end')
      check(crossing.L.milliseconds >= LEAST_WAIT, `that is answered after ${crossing.L.milliseconds} ms`)
      check(crossing.K?.isAnswered, 'the offer of a smaller id is not answered')
    }
  ],
  [
    'M92',
    'a report of another way does not count',
    ({ network }) => {
      check(network.framesFor('R').length > 0, 'R gets no query')
      check(network.framesFor('S').length > 0, 'S, which R names, gets none')
    }
  ],
  ['M87', 'a reply by another node than its path says does not count', run => isNotKnown(run, 'W')],
  ['M93', 'a reply on another way does not count', run => isNotKnown(run, 'V')],
  ['M111', 'the answer over HTTP may have no id', ({ b }) => check(b.log.length > 0, 'it says nothing')],
  ['M114', 'redirects are not followed', ({ host }) => same(host.strays.redirected, 0, 'requests')],
  [
    'M115',
    'a place that such a place names is not asked',
    ({ host }) => same(host.strays.named, 0, 'requests')
  ],
  [
    'M119',
    'what a node says of another server is not dialled',
    ({ host }) => same(host.strays.told, 0, 'requests')
  ]
]
