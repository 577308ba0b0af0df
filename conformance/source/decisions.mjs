/** What a node decides, without a network: each decision with all that it depends on. */

import { frames } from './frames.mjs'

/** Two connections between the same nodes: both ends keep the same one. `a` and `b` are their ids; offers by `a` or `b`. */
const duplicate = (name, first, second, secondsBetween, stays, closedBy = 'both') => ({
  name,
  a: '41'.repeat(20),
  b: '42'.repeat(20),
  first,
  second,
  secondsBetween,
  stays,
  closedBy
})

const duplicates = [
  duplicate('offers that crossed: the smaller id offered the first', 'a', 'b', 0, 'first'),
  duplicate('offers that crossed: the smaller id offered the second', 'b', 'a', 0, 'second'),
  duplicate('just within 5 s', 'b', 'a', 4.9, 'second'),
  duplicate('5 s later it is no crossing', 'b', 'a', 5, 'first'),
  duplicate('one node made both offers: it closes the second', 'a', 'a', 0, 'first', 'a'),
  duplicate('the node with the larger id made both', 'b', 'b', 0, 'first', 'b'),
  duplicate('one node made both, the second much later', 'b', 'b', 60, 'first')
]

/** An offer by `from` comes to node `to`, which has an offer of its own for `from` under way, or not. */
const crossing = (name, to, from, isAsking, does) => ({
  name,
  to: to.repeat(20),
  from: from.repeat(20),
  isAsking,
  does
})

const crossingOffers = [
  crossing('no offer of its own is under way', '41', '42', false, 'answers'),
  crossing('the smaller id waits up to 0.7 s for its own', '41', '42', true, 'waits'),
  crossing('the larger id answers', '42', '41', true, 'answers'),
  crossing('ids are compared as bytes', 'ff', '0a', true, 'answers')
]

const id = hex => hex.padEnd(40, '0')
/** Neighbours with the seconds of their shortest round trip; `null`: none is known. */
const near = { 10: 0.05, 20: 0.05, 70: 0.05 }
/** Eight neighbours around A, which is `ff`, so that it knows all who are there. */
const around = Object.fromEntries(['fe', 'fd', 'fc', 'fb', 'fa', 'f9', 'f8', 'f7'].map(hex => [hex, 0.05]))

/** A recursive query for `target` comes from a neighbour, or over `path`, to node `own`. */
const hop = (name, own, target, neighbours, next, { path = ['b0'], costs = {} } = {}) => ({
  name,
  own: id(own),
  target: id(target),
  path: path.map(id),
  neighbours: Object.entries(neighbours).map(([hex, roundTripTime]) => ({ id: id(hex), roundTripTime })),
  lost: Object.entries(costs).map(([hex, count]) => ({ relay: id(hex), count })),
  next: next.map(id)
})

const nextHops = [
  hop('the nearest of those that are as quick', 'ff', '00', near, ['10']),
  hop('a quick one before the nearest', 'ff', '00', { ...near, 10: 0.3 }, ['20']),
  hop('a bit of distance is worth 25 ms: 24 ms more are not too slow', 'ff', '00', { 10: 0.074, 20: 0.05 }, [
    '10'
  ]),
  hop('26 ms more are', 'ff', '00', { 10: 0.076, 20: 0.05 }, ['20']),
  hop('no round trip that is known counts as 1 s', 'ff', '00', { 10: null, 70: 0.9 }, ['70']),
  hop('a slow one counts as 1 s at most', 'ff', '00', { 10: 5, 70: 0.99 }, ['10']),
  hop('a query that was lost over it counts as 1 s', 'ff', '00', near, ['20'], { costs: { 10: 1 } }),
  hop('none is nearer than the node itself', '0f', '00', near, []),
  hop('those on the path are left out', 'ff', '00', near, ['20'], { path: ['b0', '10', 'c0'] }),
  hop(
    'the target is nearer than the 8th neighbour: from a neighbour it goes nowhere',
    'ff',
    'fff0',
    around,
    []
  ),
  hop(
    'over a route it goes to the 7 nearest to the target',
    'ff',
    'fff0',
    around,
    ['fe', 'fd', 'fc', 'fb', 'fa', 'f9', 'f8'],
    { path: ['b0', 'c0'] }
  ),
  hop('a path of 9 nodes gets no longer', 'ff', '00', near, [], {
    path: ['b0', 'b1', 'b2', 'b3', 'b4', 'b5', 'b6', 'c0']
  })
]

/** Node A looks for a path to D over those that are said to lead there. `lost`: queries that were lost over a relay lately. */
const path = (name, leads, found, { neighbours = { B: 0.1, C: 0.1 }, lost = {}, to = 'D' } = {}) => ({
  name,
  neighbours,
  leads: leads.split(' ').map(([relay, target]) => ({ relay, target })),
  lost,
  to,
  path: found && [...found]
})

const paths = [
  path('a neighbour is asked on its connection', 'BC', 'C', { to: 'C' }),
  path('over one relay', 'BD', 'BD'),
  path('over two relays', 'BE ED', 'BED'),
  path('nobody leads there', 'BE', null),
  path('the shortest', 'BE ED CD', 'CD'),
  path('the quicker of two that are as long', 'BD CD', 'CD', { neighbours: { B: 0.3, C: 0.1 } }),
  path('a relay that lost a query costs a hop', 'BD CE ED', 'BD', {
    neighbours: { B: 0.05, C: 0.1 },
    lost: { B: 1 }
  }),
  path('one that lost two costs two', 'BD CE ED', 'CED', { lost: { B: 2 } }),
  path('more than 4 cost no more', 'BD CE EF FG GH HI ID', 'BD', { lost: { B: 9 } }),
  path('over 7 relays', 'BE EF FG GH HI IJ JD', 'BEFGHIJD'),
  path('no longer', 'BE EF FG GH HI IJ JK KD', null),
  path('two that say that each other leads there', 'EF FE ED', null)
]

/** A limit is a bucket that holds ten seconds' worth, is full at first, and is filled all the time. */
const refill = (name, limit, perSecond, ...steps) => ({
  name,
  limit,
  perSecond,
  steps: steps.map(([at, asked, allowed]) => ({ at, asked, allowed }))
})

const limits = [
  refill('a burst of ten seconds', 'dials', 2, [0, 25, 20], [0.5, 2, 1], [1, 1, 1], [1, 1, 0]),
  refill('it holds no more than that', 'dials', 2, [100, 25, 20], [100, 1, 0]),
  refill('half of it', 'dials', 2, [0, 10, 10], [2.5, 20, 15]),
  refill('what is refused costs nothing', 'dials', 2, [0, 100, 20], [0.5, 1, 1]),
  refill('queries', 'queries', 100, [0, 1100, 1000], [1, 200, 100]),
  refill('offers', 'offers', 10, [0, 110, 100], [0.1, 2, 1]),
  refill('offers to be passed on', 'introductions', 10, [0, 110, 100]),
  refill('announcements and values', 'stores', 20, [0, 210, 200]),
  refill('frames of one neighbour', 'framesFrom', 100, [0, 1100, 1000]),
  refill('frames to one neighbour', 'framesTo', 150, [0, 1600, 1500]),
  refill('messages', 'messages', 200, [0, 2100, 2000]),
  refill('bytes', 'bytes', 131_072, [0, 1_400_000, 1_310_720])
]

const host = address => `a=candidate:1 1 UDP 2114977791 ${address} 40000 typ host`
const srflx = address => `a=candidate:2 1 UDP 1686052863 ${address} 40000 typ srflx raddr 0.0.0.0 rport 0`
const relayed = 'a=candidate:3 1 UDP 1000 203.0.113.9 40000 typ relay raddr 0.0.0.0 rport 0'
const tab = host('73313626-8df6-4e0f-aa7f-f16872b9094f.local')
const end = (kind, ...candidates) => ({ kind, candidates })
const home = kind => end(kind, host('192.168.1.2'), srflx('203.0.113.1'))
const otherHome = kind => end(kind, host('192.168.2.3'), srflx('203.0.113.2'))

/** Two ends, what they say of their NATs, and whether a connection may open; else the answer is error 406. */
const meeting = (name, a, b, mayOpen) => ({ name, a, b, mayOpen })

const meetings = [
  meeting('two NATs', home('nat'), otherHome('nat'), true),
  meeting('a symmetric NAT and another', home('symmetric'), otherHome('nat'), false),
  meeting('two symmetric ones', home('symmetric'), otherHome('symmetric'), false),
  meeting('an end says nothing', home('symmetric'), otherHome(null), true),
  meeting('an end has a public address', home('symmetric'), end('nat', host('203.0.113.7')), true),
  meeting('an end has a relayed candidate', home('symmetric'), end('nat', relayed), true),
  meeting('a relayed candidate of the blocked end', end('blocked', relayed), otherHome('nat'), true),
  meeting(
    'a relayed candidate of the other end alone',
    end('blocked', host('192.168.1.2')),
    end('nat', relayed),
    false
  ),
  meeting(
    'both have public IPv6 addresses',
    end('symmetric', host('2001:4860::1')),
    end('nat', host('2001:4860::2')),
    true
  ),
  meeting('one of them has', end('symmetric', host('2001:4860::1')), otherHome('nat'), false),
  meeting('behind the same address', home('symmetric'), home('symmetric'), true),
  meeting(
    'hosts in one /24, of which one has no public address',
    end('symmetric', host('192.168.1.2')),
    home('nat'),
    true
  ),
  meeting('hosts in two /24', end('symmetric', host('192.168.1.2')), otherHome('nat'), false),
  meeting('tabs that hide their addresses', end('symmetric', tab), end('symmetric', tab), true),
  meeting('a tab and a host', end('symmetric', tab), end('symmetric', host('192.168.1.2')), false),
  meeting(
    'a blocked end in the same network',
    end('blocked', host('192.168.1.2')),
    end('nat', host('192.168.1.3')),
    true
  )
]

export const decisions = { frames, duplicates, crossingOffers, nextHops, paths, limits, meetings }
