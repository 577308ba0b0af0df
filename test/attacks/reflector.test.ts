/** ICE is a port scanner in the wrong hands: what one description makes a node send to third parties. */

import test from 'tape'
import { LOOPBACK, PUBLIC, reflectAnswer, reflectOffer, reflectQueries } from './reflector.js'

test('an offer causes at most 10 packets to places that it names, and some to each of a few', async t => {
  const [hosts, mixed] = await Promise.all([reflectOffer(PUBLIC), reflectOffer(PUBLIC, ['host', 'srflx'])])
  t.ok(hosts > 0 && hosts <= 8, `${hosts} to hosts`)
  t.ok(mixed > hosts / 2 && mixed <= 10, `${mixed} to hosts and behind NATs`)
})

test('an offer that names one place, two or three behind NATs causes at most 15 packets', async t => {
  const counts = await Promise.all([1, 2, 3].map(count => reflectOffer(PUBLIC, ['srflx'], count)))
  t.ok(Math.max(...counts) <= 15, `${counts}`)
  t.ok(Math.min(...counts) > 8, 'that NAT is checked again')
})

test('an offer from the Internet causes no packet to a private place', async t => {
  t.equal(await reflectOffer(LOOPBACK), 0)
})

test('the answer of a server causes no packet to a private place, and few to others', async t => {
  const [near, far] = await Promise.all([reflectAnswer(LOOPBACK), reflectAnswer(PUBLIC)])
  t.equal(near, 0)
  t.ok(far > 0 && far <= 16, `${far} in two attempts`)
})

test('introductions and dials by a page that came from elsewhere name no place on this machine', async t => {
  const [near, foreign] = await Promise.all([reflectQueries(false), reflectQueries(true)])
  t.ok(near > 0, `${near} packets for a program of this machine`)
  t.equal(foreign, 0)
})
