/**
 * Bundles the demo page into `build/page/`, which `npm start` serves: a page, a script, a style sheet and an icon. WebTorrent's
 * own bundle lies beside them as it is; the page loads it when somebody shares or opens something.
 */

import { copyFile, mkdir, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const source = `${root}demo/page`
const target = `${root}build/page`
/** What needs no bundling. */
const STATIC_FILES = ['index.html', 'favicon.svg'].map(file => `${source}/${file}`)
const WEBTORRENT = ['webtorrent.min.js', 'webtorrent.min.js.map'].map(
  file => `${root}node_modules/webtorrent/dist/${file}`
)

/** Builds the page. It takes the package from dist/, as its users get it: build that before. */
export async function buildPage() {
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
    sourcemap: true,
    platform: 'browser',
    target: 'es2022',
    // Not our tsconfig.json: its paths lead to src/, and this is to be what users of the package get.
    tsconfigRaw: { compilerOptions: { jsx: 'react-jsx', jsxImportSource: 'preact' } },
    alias: { 'node:buffer': createRequire(import.meta.url).resolve('buffer/') },
    legalComments: 'none',
    logLevel: 'warning'
  })
}
