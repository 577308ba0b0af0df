import test from 'tape'
import { formatBytes } from '../../demo/bytes.js'
import { readMagnet } from '../../demo/page/model/magnet-link.js'
import { previewKindOf } from '../../demo/page/model/preview.js'
import { magnetOf } from '../../demo/torrents.js'

const HASH = '0123456789abcdef0123456789abcdef01234567'

test('a magnet link is taken in every form that people have it in, without its trackers', t => {
  const link = { infoHash: HASH, name: 'a b.txt' }
  const magnet = `magnet:?xt=urn:btih:${HASH}&dn=a%20b.txt`
  for (const typed of [
    magnet,
    ` ${magnet}\n`,
    `${magnet}&tr=wss%3A%2F%2Ftracker.example&ws=https%3A%2F%2Fweb.example&x.pe=192.0.2.1:1`,
    `MAGNET:?dn=a+b.txt&xt=urn:btih:${HASH.toUpperCase()}`,
    'magnet:?xt=urn:btih:AERUKZ4JVPG66AJDIVTYTK6N54ASGRLH&dn=a%20b.txt',
    `http://127.0.0.1:16881/#${magnet}`,
    `#${magnet}`,
    `#${encodeURIComponent(magnet)}`
  ]) {
    t.deepEqual(readMagnet(typed), link, typed)
  }
  t.deepEqual(readMagnet(HASH), { infoHash: HASH, name: '' }, 'an info hash alone')
  t.equal(magnetOf(link), magnet)
  t.end()
})

test('what is no magnet link is answered with what is wrong', t => {
  t.throws(() => readMagnet(' '), /Paste a magnet link/)
  t.throws(() => readMagnet('https://example.org/'), /That is no magnet link/)
  t.throws(() => readMagnet('magnet:?dn=name'), /has no info hash/)
  t.throws(() => readMagnet('magnet:?xt=urn:btmh:1220abc'), /version 2 of BitTorrent/)
  t.throws(() => readMagnet('magnet:?xt=urn:btih:0123'), /should have 40 hex digits; it is “0123”/)
  t.throws(() => readMagnet('magnet%3A%ff'), /That is no magnet link/, 'and throws nothing else')
  t.end()
})

test('a preview goes by what a browser can show', t => {
  const kinds = [
    ['a.png', 'image/png', 'image'],
    ['a.mp4', 'video/mp4', 'video'],
    ['a.mp3', 'audio/mpeg', 'audio'],
    ['a.html', 'text/html', 'text'],
    ['a.json', 'application/json', 'text'],
    ['a.ts', 'video/mp2t', 'text'],
    ['LICENSE', 'application/octet-stream', 'text'],
    ['a.zip', 'application/zip', null]
  ] as const
  for (const [name, type, kind] of kinds) t.equal(previewKindOf({ name, type }), kind, name)
  t.end()
})

test('numbers of bytes have three digits at most', t => {
  const texts = [0, 999, 1000, 99_940, 99_960, 999_499, 999_500, 5_000_000, 1e15].map(formatBytes)
  t.deepEqual(texts, [
    '0 bytes',
    '999 bytes',
    '1.0 kB',
    '99.9 kB',
    '100 kB',
    '999 kB',
    '1.0 MB',
    '5.0 MB',
    '1000 TB'
  ])
  t.end()
})
