/** `webtorrent-dht doctor`: what it finds out of STUN servers, ports and ways in. */

import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import test from 'tape'
import { describeNat } from '../../src/cli/nat.js'
import { askStunServers, type StunAnswer } from '../../src/connections/stun-client.js'
import { createStunServer } from '../helpers/stun-server.js'
import { run, serve } from './program.js'

const levels = (answers: StunAnswer[], own: string[] = []) =>
  describeNat(answers, own).map(({ level, text }) => `${level}: ${text}`)

test('a STUN server says what it sees, also if the first request is lost', async t => {
  const server = await createStunServer(t, { lost: 1 })
  const [answer] = await askStunServers([server.url], { timeout: 5000 })
  t.ok(answer && 'address' in answer && answer.address === '127.0.0.1' && answer.port > 0)
  t.deepEqual(
    levels(answer ? [answer] : [], ['127.0.0.1'])
      .at(-1)
      ?.slice(0, 40),
    'good: This machine has a public address:'
  )
})

test('two servers tell whether a NAT is symmetric', async t => {
  const here = await createStunServer(t)
  const same = await createStunServer(t, { host: '127.0.0.2' })
  const shifted = await createStunServer(t, { host: '127.0.0.3', shift: 1 })
  t.match(
    levels(await askStunServers([here.url, same.url], { timeout: 5000 })).at(-1) ?? '',
    /^good: There is a NAT, and it keeps one port/
  )
  t.match(
    levels(await askStunServers([here.url, shifted.url], { timeout: 5000 })).at(-1) ?? '',
    /^bad: The NAT is symmetric/
  )
  t.match(
    levels(await askStunServers([here.url], { timeout: 5000 })).at(-1) ?? '',
    /^note: There is a NAT\. A second/
  )
})

test('servers that do not answer, and names without addresses, are told apart', async t => {
  const silent = createSocket('udp4')
  t.teardown(() => silent.close())
  silent.bind(0, '127.0.0.1')
  await once(silent, 'listening')
  const dead = await askStunServers([`stun:127.0.0.1:${silent.address().port}`], { timeout: 600 })
  t.match(levels(dead).at(-1) ?? '', /^bad: No STUN server answers: UDP is blocked/)
  const unknown = await askStunServers(['stun:no-such-name.invalid'], { timeout: 600 })
  t.match(levels(unknown).at(-1) ?? '', /^bad: No name has an address here/)
  t.match(levels([]).at(-1) ?? '', /^note: No STUN server is asked/)
})

test('the program says all of it, and its exit code whether something is wrong', async t => {
  const [first, second] = [await createStunServer(t), await createStunServer(t, { host: '127.0.0.2' })]
  const served = await serve([])
  t.teardown(() => served.stop())
  const stun = ['--stun', `${first.url},${second.url}`]
  const fine = await run(['doctor', '--port', '0', ...stun, '--bootstrap', `127.0.0.1:${served.port}`])
  t.equal(fine.code, 0, fine.stdout)
  t.match(fine.stdout, /✓ It works: two nodes connect in \d+ ms/)
  t.match(fine.stdout, /✓ There is a NAT, and it keeps one port/)
  t.match(fine.stdout, /✓ 127\.0\.0\.1:\d+ lets this node in in \d+ ms/)
  const { port } = served
  await served.stop()
  const broken = await run([
    'doctor',
    '--port',
    '0',
    '--stun',
    'none',
    '--bootstrap',
    `127.0.0.1:${port}`,
    '--timeout',
    '5'
  ])
  t.equal(broken.code, 1)
  t.match(broken.stdout, /✗ 127\.0\.0\.1:\d+ does not let this node in: .*nobody listens there/)
})

test('a port that is taken is said to be so', async t => {
  const served = await serve([])
  t.teardown(() => served.stop())
  const args = ['doctor', '--host', '127.0.0.1', '--port', String(served.port), '--stun', 'none']
  const { code, stdout } = await run(args)
  t.equal(code, 1)
  t.match(stdout, /✗ Port \d+ is taken, perhaps by a node that runs already/)
})
