/**
 * A node of the predecessor in a process of its own. It is driven over IPC: `{call, method, args}` gets
 * `{call, result}` or `{call, error}`; `{event, ...}` comes by itself. Ids and hashes are hex.
 */

const SimplePeer = require('simple-peer')
const WebTorrentDHT = require('webtorrent-dht')

const ANSWER_TIMEOUT = 20_000

/**
 * Leaves one kind of candidate: the predecessor writes remote addresses into four bytes, so an IPv6 connection becomes
 * 0.0.0.0, and all nodes behind it one node.
 */
function onlyIPv4UDP(sdp) {
  const isWanted = line =>
    !line.startsWith('a=candidate:') || /^a=candidate:\S+ \d+ udp \d+ \d+\.\d+\.\d+\.\d+ /i.test(line)
  return sdp.split('\r\n').filter(isWanted).join('\r\n')
}

const counts = { made: 0, opened: 0 }
const peers = new Set()

/** simple-peer, with the candidates filtered both ways, and counted. The predecessor calls it without `new`. */
function CountedPeer(options) {
  const peer = new SimplePeer(options)
  Object.setPrototypeOf(peer, CountedPeer.prototype)
  counts.made++
  peers.add(peer)
  peer.once('close', () => peers.delete(peer))
  peer.once('connect', () => counts.opened++)
  return peer
}
CountedPeer.prototype = Object.create(SimplePeer.prototype)
CountedPeer.prototype.signal = function (signal) {
  return SimplePeer.prototype.signal.call(this, { ...signal, sdp: onlyIPv4UDP(String(signal.sdp)) })
}
CountedPeer.prototype.emit = function (event, ...args) {
  if (event === 'signal') args[0].sdp = onlyIPv4UDP(args[0].sdp)
  return SimplePeer.prototype.emit.call(this, event, ...args)
}

let dht = null

const methods = {
  /** Starts the node; the result comes when it is ready. */
  start({ bootstrap = [], port = 0, options = {} } = {}) {
    const startedAt = performance.now()
    dht = new WebTorrentDHT({
      ...options,
      bootstrap,
      simple_peer_constructor: CountedPeer,
      simple_peer_opts: { config: { iceServers: [] } }
    })
    dht.on('error', error => fault(error))
    dht.on('warning', () => {}) // late replies
    const ready = new Promise(resolve => dht.once('ready', resolve))
    // It takes neither port 0 nor a missing address.
    const listening = port ? new Promise(resolve => dht.listen(port, '127.0.0.1', resolve)) : null
    return Promise.all([ready, listening]).then(() => ({
      id: dht.nodeId.toString('hex'),
      nodes: dht.nodes.count(),
      milliseconds: performance.now() - startedAt
    }))
  },

  announce(infoHash, port) {
    return calledBack('announce', done => dht.announce(infoHash, port, done))
  },

  /** @returns the ports of the peers found, and when the first one was, in milliseconds */
  lookup(infoHash) {
    const startedAt = performance.now()
    const ports = []
    let first = null
    const onPeer = (peer, found) => {
      if (found.toString('hex') !== infoHash) return
      first ??= performance.now() - startedAt
      ports.push(peer.port)
    }
    dht.on('peer', onPeer)
    const found = () => ({ ports, ids: [], first, milliseconds: performance.now() - startedAt })
    return calledBack('lookup', done => dht.lookup(infoHash, done))
      .catch(() => {})
      .then(() => {
        dht.removeListener('peer', onPeer)
        return found()
      })
  },

  put(value) {
    return calledBack('put', done => {
      dht.put({ v: Buffer.from(value) }, (error, key) => done(error, key?.toString('hex')))
    })
  },

  get(key) {
    return calledBack('get', done => {
      dht.get(key, (error, found) => done(error, found ? found.v.toString() : null))
    })
  },

  /** @returns the ids in the routing table */
  nodes() {
    return dht.nodes.toArray().map(node => node.id.toString('hex'))
  },

  /** Whether it stores a peer for the hash, or a value under it. */
  stores(hash) {
    return dht._peers.get(hash).length > 0 || Boolean(dht._values.get(hash))
  },

  counts() {
    return counts
  },

  /** Its `destroy` never calls back, and leaves connections that keep the process alive. */
  destroy() {
    setTimeout(() => process.exit(0), 200)
    dht?.destroy()
  }
}

/** Many of its callbacks are never called: an answer of a node that has crashed meanwhile, for example. */
function calledBack(name, start) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${name} did not call back`)), ANSWER_TIMEOUT)
    start((error, result) => {
      clearTimeout(timer)
      if (error) reject(error)
      else resolve(result ?? null)
    })
  })
}

function fault(error) {
  if (process.connected) process.send({ event: 'fault', message: String(error?.stack ?? error) })
}

// It throws where a message, a signal or a channel is not as it expects. Its users' processes end there.
process.on('uncaughtException', fault)
process.on('unhandledRejection', fault)
process.on('disconnect', () => process.exit(0))
process.on('message', ({ call, method, args }) => {
  Promise.resolve()
    .then(() => methods[method](...args))
    .then(result => process.send({ call, result: result ?? null }))
    .catch(error => process.send({ call, error: String(error?.message ?? error) }))
})
