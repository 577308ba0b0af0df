/** The option `tls`: the HTTP server of a node speaks HTTPS. */

import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { get } from 'node:https'
import { connect as connectPlainly } from 'node:net'
import { text } from 'node:stream/consumers'
import { connect } from 'node:tls'
import test from 'tape'
import WebTorrentDHT from '../../src/index.js'
import { CERTIFICATES, RSA_CERTIFICATE } from '../helpers/certificates.js'
import { createNode, destroyAll, eventually, within } from '../helpers/nodes.js'

const [first, second] = CERTIFICATES
const fingerprint = (cert: string) => new X509Certificate(cert).fingerprint256

/** The fingerprint of the certificate that a server shows. */
async function shownAt(port: number): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false })
  await within('the TLS handshake', once(socket, 'secureConnect'))
  const { fingerprint256 } = socket.getPeerCertificate()
  socket.destroy()
  return fingerprint256
}

test('a node with a certificate speaks HTTPS, and lets others in by it', async t => {
  const node = await createNode({
    tls: { cert: first.cert, key: Buffer.from(first.key) },
    requestListener: (_, response) => void response.end('hello')
  })
  t.teardown(() => destroyAll(node))
  const { port } = node.address()
  const [response] = await once(get({ port, host: '127.0.0.1', ca: first.cert, path: '/' }), 'response')
  t.equal(await text(response), 'hello')
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0' // `fetch` takes no certificate of one's own
  t.teardown(() => {
    delete process.env.NODE_TLS_REJECT_UNAUTHORIZED
  })
  const bootstrap = `https://localhost:${port}/`
  const guest = new WebTorrentDHT({ bootstrap, simple_peer_opts: { config: { iceServers: [] } } })
  t.teardown(() => destroyAll(guest))
  await within('joining', guest.promises.ready())
  t.equal(guest.status, 'connected')
})

test('a renewed certificate counts for the next connection; one that cannot be used is a warning', async t => {
  let current: { cert: string; key: string } = first
  const node = await createNode({ tls: () => current })
  t.teardown(() => destroyAll(node))
  const { port } = node.address()
  t.equal(await shownAt(port), fingerprint(first.cert))
  current = second
  t.equal(await shownAt(port), fingerprint(second.cert))
  const warned = once(node, 'warning')
  current = { cert: first.cert, key: 'nonsense' }
  t.equal(await shownAt(port), fingerprint(second.cert), 'the one before stays')
  const [{ code, message }] = await within('the warning', warned)
  t.equal(code, 'EAPPLICATION')
  t.match(message, /^option `tls` has no certificate that can be used: /)
  t.notOk(message.includes('nonsense'), 'the key is not shown')
  const warnedAgain = once(node, 'warning')
  current = { cert: RSA_CERTIFICATE, key: first.key }
  t.equal(await shownAt(port), fingerprint(second.cert), 'nor does an RSA certificate go with an EC key')
  t.match((await within('the warning', warnedAgain))[0].message, /key is not that of the certificate/)
})

test('a certificate that cannot be used from the start is an error', async t => {
  const cases: [cert: string, fault: RegExp][] = [
    [first.cert, /key values mismatch/],
    [RSA_CERTIFICATE, /the key is not that of the certificate/]
  ]
  for (const [cert, fault] of cases) {
    const node = new WebTorrentDHT({ bootstrap: false, tls: { cert, key: second.key } })
    t.teardown(() => destroyAll(node))
    const failed = once(node, 'error')
    node.listen(0)
    const [{ code, message }] = await within('the error', failed)
    t.equal(code, 'ELISTEN')
    t.match(message, fault)
  }
})

test('sockets in their TLS handshake count among those without a request', async t => {
  const node = await createNode({ tls: first, httpLimits: { sockets: 2 } })
  t.teardown(() => destroyAll(node))
  const { port } = node.address()
  const silent = [0, 1, 2].map(() => connectPlainly(port, '127.0.0.1').on('error', () => {}))
  t.teardown(() => silent.map(socket => socket.destroy()))
  t.ok(await eventually(() => silent.filter(socket => socket.closed).length === 1), 'the oldest is closed')
  t.equal(await shownAt(port), fingerprint(first.cert), 'and a newcomer gets in')
})
