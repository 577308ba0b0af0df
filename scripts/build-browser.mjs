/**
 * Makes the builds for browsers: `dist/browser.js`, an ES module with what it loads from `dist/chunks/`; `dist/browser.global.js`, which
 * sets `WebTorrentDHT` for a classic `<script>`; `dist/webtorrent.browser.js` and `dist/rooms.browser.js`, modules
 * for WebTorrent and for rooms that work with either.
 */

import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nodeResolve } from '@rollup/plugin-node-resolve'
import { transform } from 'esbuild'
import { rollup } from 'rollup'
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

/** Modules of ours that have another one in pages. */
const REPLACED = { [resolve(root, 'src/entrances/http-entrance.ts')]: shim('http-entrance.ts') }

/** The globals of Node.js, for the modules that name them. */
const GLOBALS = shim('globals.ts')

/** Entry, name, and output options of each ES module. */
const MODULES = [
  ['index.browser', 'browser', { format: 'es' }],
  ['webtorrent/index', 'webtorrent.browser', { format: 'es', inlineDynamicImports: true }],
  ['rooms/index', 'rooms.browser', { format: 'es', inlineDynamicImports: true }]
]

/** Builds the modules alone into a folder, quickly: they are as long as they are written. */
export async function buildModules(dir) {
  transformed.clear()
  await rm(dir, { recursive: true, force: true })
  await Promise.all(MODULES.map(([entry, name, output]) => bundle(entry, name, { ...output, dir })))
}

/** Builds all. */
export async function buildForBrowsers() {
  transformed.clear()
  await rm(`${root}dist/chunks`, { recursive: true, force: true })
  await Promise.all([
    ...MODULES.map(module => bundle(...module, [minified])),
    bundle('index.global', 'browser.global', { format: 'iife', inlineDynamicImports: true }, [minified])
  ])
}

async function bundle(entry, name, output, plugins = []) {
  const build = await rollup({
    input: { [name]: `${root}src/${entry}.ts` },
    plugins: [sources, upstream, nodeResolve({ browser: true }), toJavaScript],
    onLog: (_level, { message }) => {
      throw new Error(message)
    }
  })
  await build.write({
    dir: `${root}dist`,
    ...output,
    entryFileNames: '[name].js',
    chunkFileNames: ({ name }) => `chunks/${name === 'index.browser' ? 'core' : name}.js`,
    generatedCode: 'es2015',
    plugins
  })
  await build.close()
}

/** Finds the shims, and the TypeScript of what is imported as JavaScript. */
const sources = {
  name: 'sources',
  resolveId(source, importer) {
    if (ALIASES[source]) return { id: ALIASES[source], moduleSideEffects: false }
    if (!importer?.endsWith('.ts') || !source.startsWith('.')) return null
    const given = resolve(dirname(importer), source.replace(/\.js$/, '.ts'))
    const path = REPLACED[given] ?? given
    const isEntry = /[\\/]src[\\/]index\.\w+\.ts$/.test(path)
    return existsSync(path) ? { id: path, moduleSideEffects: isEntry } : null
  }
}

/** Of the builds, which share most modules: by path. */
const transformed = new Map()

const toJavaScript = {
  name: 'to-javascript',
  transform(code, path) {
    if (!transformed.has(path)) transformed.set(path, toScript(code, path))
    return transformed.get(path)
  }
}

async function toScript(code, path) {
  const result = await transform(code, {
    loader: path.endsWith('.ts') ? 'ts' : 'js',
    sourcefile: path,
    target: 'es2022',
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
    define: { global: 'globalThis', 'Number.POSITIVE_INFINITY': 'Infinity' }
  })
  const names = path === GLOBALS ? [] : ['Buffer', 'process'].filter(name => isFree(name, result.code))
  const globals = names.map(name => `import { ${name} } from ${JSON.stringify(GLOBALS)};`).join('')
  return { code: globals + result.code, map: null }
}

/** Whether code names something that it neither imports nor defines. */
function isFree(name, code) {
  return (
    new RegExp(`\\b${name}\\b`).test(code) &&
    !new RegExp(`^(import|export class) .*\\b${name}\\b`, 'm').test(code)
  )
}

/** esbuild and terser: either alone leaves a twentieth more. */
const minified = {
  name: 'minified',
  async renderChunk(code, _chunk, { format }) {
    const { minify } = await import('terser') // `npm start` minifies nothing, and has none
    const small = await transform(code, {
      minify: true,
      target: 'es2022',
      format: format === 'iife' ? undefined : 'esm',
      legalComments: 'none'
    })
    const result = await minify(small.code, {
      module: format === 'es',
      compress: { passes: 3, ecma: 2020 }
    })
    return { code: result.code, map: null }
  }
}
