/** Which STUN servers a connection is given. */

import test from 'tape'
import { StunServers } from '../../src/connections/stun-servers.js'

const TURN = { urls: 'turn:t.example', username: 'u', credential: 'c' }

test('STUN servers are taken out of whatever they come in; TURN servers stay with their credentials', t => {
  const { urls, turn } = new StunServers([
    { urls: 'stun:a.example' },
    { urls: ['stun:b.example', 'turn:b.example', 'turns:b.example'], username: 'n', credential: 'd' },
    TURN,
    { urls: ['STUN:c.example', 'stun:a.example'] }
  ])
  t.deepEqual(urls, ['stun:a.example', 'stun:b.example', 'STUN:c.example'])
  t.deepEqual(turn, [{ urls: ['turn:b.example', 'turns:b.example'], username: 'n', credential: 'd' }, TURN])
  t.end()
})

test('what answers comes first, what does not comes last; what was not given does not come', t => {
  const servers = new StunServers([{ urls: ['stun:a', 'stun:b', 'stun:c'] }])
  servers.prefer('stun:b')
  t.deepEqual(servers.urls, ['stun:b', 'stun:a', 'stun:c'])
  servers.demote('stun:b')
  t.deepEqual(servers.urls, ['stun:a', 'stun:c', 'stun:b'])
  servers.prefer('stun:x')
  servers.demote('stun:x')
  t.deepEqual(servers.urls, ['stun:a', 'stun:c', 'stun:b'])
  t.end()
})
