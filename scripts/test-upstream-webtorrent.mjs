// `npm run test:upstream-webtorrent`: the tests that torrent-discovery and WebTorrent have of their DHT, with this package in place
// of bittorrent-dht. They are fetched from GitHub, or from the git repositories in the folder that UPSTREAM_MIRROR names.

import { spawnSync } from 'node:child_process'
import { root, setUp } from './setup.mjs'

await setUp()
for (const args of [
  ['test/webtorrent/install.mjs'],
  ['test/webtorrent/install.mjs', 'upstream'],
  ['test/webtorrent/upstream/index.mjs']
]) {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
