import test from 'tape'
test('trivial', async t => {
  t.equal(typeof RTCPeerConnection, 'function')
  t.ok(true)
})
