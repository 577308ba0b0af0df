/** What is run in each environment: two nodes join, one announces, the other looks that up; then both are destroyed. */

const INFO_HASH = '0123456789abcdef0123456789abcdef01234567'
const PORT = 4000
const LOCAL = { config: { iceServers: [] } }

/** @returns `'works'`, or why not, in a few words */
export async function play(WebTorrentDHT) {
  try {
    const first = await listen(WebTorrentDHT)
    return await join(WebTorrentDHT, `127.0.0.1:${first.address().port}`, first)
  } catch (error) {
    return `refused: ${error.code}`
  }
}

/** The first node alone. Without WebRTC it does not listen. */
export async function listen(WebTorrentDHT) {
  const first = new WebTorrentDHT({ bootstrap: false, simple_peer_opts: LOCAL })
  await new Promise((resolve, reject) => {
    first.once('error', reject)
    first.listen(0, '127.0.0.1', resolve)
  }).catch(async error => {
    await destroy(first)
    throw error
  })
  return first
}

/** The second node, which joins at a place. @param first the one that looks up, if it is here; destroyed as well */
export async function join(WebTorrentDHT, place, first = null) {
  const second = new WebTorrentDHT({ bootstrap: place, simple_peer_opts: LOCAL })
  const warnings = new Set()
  second.on('warning', ({ code }) => warnings.add(code))
  await new Promise(resolve => second.once('ready', resolve))
  const isAlone = second.nodes.count() === 0
  const result = isAlone
    ? `refused: ${[...warnings].join() || 'no nodes'}`
    : await find(first ?? second, second)
  await Promise.all([first, second].map(node => node && destroy(node)))
  return result
}

export function destroy(node) {
  return new Promise(resolve => node.destroy(resolve))
}

async function find(asker, announcer) {
  await new Promise((resolve, reject) =>
    announcer.announce(INFO_HASH, PORT, error => (error ? reject(error) : resolve()))
  )
  const ports = []
  asker.on('peer', ({ port }) => ports.push(port))
  await new Promise(resolve => asker.lookup(INFO_HASH, resolve))
  return ports.includes(PORT) ? 'works' : `found ${JSON.stringify(ports)}`
}
