/**
 * Makes the builds for browsers: `dist/browser.js`, an ES module; `dist/browser.global.js`, which sets `WebTorrentDHT` for a classic
 * `<script>`; and `dist/webtorrent.browser.js`, a module for WebTorrent that works with either. Source maps lie beside them.
 */

import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { minify } from 'terser'
import { upstream } from './upstream.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const shim = file => `${root}src/browser/${file}`

/** What browsers lack, and what upstream packages import and do not need here. */
const ALIASES = {
  buffer: shim('buffer.ts'),
  events: shim('events.ts'),
  'node:events': shim('events.ts'),
  crypto: shim('crypto.ts'),
  'node:crypto': shim('crypto.ts'),
  util: shim('util.ts'),
  dgram: shim('nothing.ts'),
  dns: shim('nothing.ts'),
  net: shim('nothing.ts'),
  'readable-stream': shim('stream.ts'),
  'safe-buffer': shim('buffer.ts'),
  b4a: shim('b4a.ts'),
  debug: shim('debug.ts'),
  bencode: shim('bencode.ts'),
  randombytes: shim('randombytes.ts'),
  inherits: shim('inherits.ts'),
  'err-code': shim('err-code.ts'),
  'get-browser-rtc': shim('get-browser-rtc.ts'),
  'queue-microtask': shim('queue-microtask.ts')
}

/** Builds all. */
export async function buildForBrowsers() {
  await Promise.all([
    bundle('index.browser', 'esm', 'browser.js'),
    bundle('index.global', 'iife', 'browser.global.js'),
    bundle('webtorrent/index', 'esm', 'webtorrent.browser.js')
  ])
}

async function bundle(entry, format, file) {
  const outfile = `${root}dist/${file}`
  await build({
    entryPoints: [`${root}src/${entry}.ts`],
    outfile,
    format,
    bundle: true,
    minify: true,
    sourcemap: true,
    platform: 'browser',
    target: 'es2022',
    tsconfig: `${root}src/tsconfig.json`,
    inject: [shim('globals.ts')],
    define: { global: 'globalThis', 'Number.POSITIVE_INFINITY': 'Infinity' },
    alias: ALIASES,
    plugins: [upstream],
    legalComments: 'none',
    logLevel: 'warning'
  })
  // Terser makes it a twentieth smaller again.
  const [code, map] = await Promise.all([readFile(outfile, 'utf8'), readFile(`${outfile}.map`, 'utf8')])
  const result = await minify(code, {
    module: format === 'esm',
    compress: { passes: 3, ecma: 2020 },
    sourceMap: { content: map, url: `${file}.map` }
  })
  await Promise.all([writeFile(outfile, result.code), writeFile(`${outfile}.map`, result.map)])
}
