/** What the other tests rely on: that the browser is as it was meant to be started. */

import test from 'tape'

/** Whether this run is one with mDNS names; put in when the tests are bundled. */
declare const HIDES_ADDRESSES: boolean

const HOST_CANDIDATE = /^a=candidate:\S+ \d+ udp \d+ (\S+) \d+ typ host/gim

test('local addresses are hidden behind mDNS names, or not, as this run has it', async t => {
  const connection = new RTCPeerConnection()
  connection.createDataChannel('any')
  const gathered = new Promise<void>(resolve => {
    connection.addEventListener('icecandidate', ({ candidate }) => candidate ?? resolve())
  })
  await connection.setLocalDescription()
  await gathered
  const hosts = [...(connection.localDescription?.sdp ?? '').matchAll(HOST_CANDIDATE)].map(([, host]) => host)
  connection.close()
  t.ok(hosts.length > 0, 'there are candidates')
  t.ok(
    hosts.every(host => host?.endsWith('.local') === HIDES_ADDRESSES),
    `candidates: ${hosts.join(', ')}`
  )
})
