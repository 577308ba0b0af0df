/**
 * Bundles the demo page into `build/page/`, which `npm start` serves: a page, a script, a style sheet and an icon. WebTorrent's
 * own bundle lies beside them as it is; the page loads it when somebody shares or opens something.
 */

import { copyFile, mkdir, rm } from 'node:fs/promises'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { buildModules } from './build-browser.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const source = `${root}demo/page`
const target = `${root}build/page`
/** The package, as modules for pages. */
const modules = `${root}build/start/package`
/** What needs no bundling. */
const STATIC_FILES = ['index.html', 'favicon.svg'].map(file => `${source}/${file}`)
const WEBTORRENT = ['webtorrent.min.js', 'webtorrent.min.js.map'].map(
  file => `${root}node_modules/webtorrent/dist/${file}`
)

/** Builds the page. The package in it is built beside it, as its users get it but for its size. */
export async function buildPage() {
  await buildModules(modules)
  await rm(target, { recursive: true, force: true }) // chunks of an earlier build
  await mkdir(target, { recursive: true })
  await Promise.all([
    bundle(),
    ...[...STATIC_FILES, ...WEBTORRENT].map(file => copyFile(file, `${target}/${basename(file)}`))
  ])
}

async function bundle() {
  await build({
    entryPoints: [
      { in: `${source}/main.tsx`, out: 'page' },
      { in: `${source}/style/page.css`, out: 'page' }
    ],
    outdir: target,
    format: 'esm',
    bundle: true,
    // What is imported when it is needed first: the reader of QR codes, for example.
    splitting: true,
    chunkNames: 'chunk-[hash]',
    minify: true,
    ignoreAnnotations: true, // `sideEffects` in package.json names the files in dist/
    sourcemap: true,
    platform: 'browser',
    target: 'es2022',
    // Not our tsconfig.json: its paths lead to src/, and this is to be what users of the package get.
    tsconfigRaw: { compilerOptions: { jsx: 'react-jsx', jsxImportSource: 'preact' } },
    alias: {
      'webtorrent-dht': `${modules}/browser.js`,
      'webtorrent-dht/rooms': `${modules}/rooms.browser.js`,
      'webtorrent-dht/webtorrent': `${modules}/webtorrent.browser.js`
    },
    legalComments: 'none',
    logLevel: 'warning'
  })
}
