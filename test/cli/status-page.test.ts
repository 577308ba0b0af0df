/** The status page of a serving node. */

import test from 'tape'
import { describeNode, type NodeStatus } from '../../src/cli/node-status.js'
import { statusPage } from '../../src/cli/status-page.js'
import { WebTorrentDHT } from '../../src/index.js'
import { destroyAll } from '../helpers/nodes.js'

function createStatus(changes: Partial<NodeStatus>): NodeStatus {
  const dht = new WebTorrentDHT({ bootstrap: false, simple_peer_opts: { config: { iceServers: [] } } })
  const status = describeNode(dht, 'http://127.0.0.1:1')
  void destroyAll(dht)
  return { ...status, ...changes }
}

test('the status page counts in words: one of a thing is not several', t => {
  const durations: [seconds: number, text: string][] = [
    [1, '1 second'],
    [59, '59 seconds'],
    [60, '1 minute'],
    [7199, '1 hour'],
    [7200, '2 hours'],
    [86_400, '1 day']
  ]
  for (const [uptime, text] of durations)
    t.match(statusPage(createStatus({ uptime })), new RegExp(`<th>Up<td>${text}\n`))
  const { stats } = createStatus({})
  const page = statusPage(createStatus({ stats: { ...stats, stored: { values: 1, peers: 2 } } }))
  t.match(page, /<td>1 value, 2 announcements\n/)
  t.end()
})

test('the status page of a first node says that others can join', t => {
  const page = statusPage(createStatus({ status: 'alone', reason: null }))
  t.match(page, /<th>State<td>no other node is connected; others can join\n/)
  t.end()
})

test('the status page follows the colours of the system', t => {
  t.match(statusPage(createStatus({})), /:root \{ color-scheme: light dark \}/)
  t.end()
})

test("strangers' words are escaped on the status page", t => {
  t.match(statusPage(createStatus({ reason: '<b>&' })), /&#60;b&#62;&#38;/)
  t.end()
})
