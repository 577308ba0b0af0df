/**
 * What stands between the tests and airtap's browserify, which reads neither TypeScript nor ES modules, nor the syntax of
 * today: a transform that bundles each test file with esbuild first. tape and what Node.js has built in are left to
 * browserify. `webtorrent-dht` is the built package, as users get it: of that only the parts are put together, and the exports rewritten.
 */

import { builtinModules } from 'node:module'
import { relative } from 'node:path'
import { PassThrough, Transform } from 'node:stream'
import { build } from 'esbuild'
import { root } from '../../scripts/setup.mjs'

const PACKAGE = `${root}dist/browser.js`

/** The part of airtap's configuration that is for browserify. @param constants what the tests find under these names */
export function browserifyOptions(constants) {
  const define = Object.fromEntries(
    Object.entries(constants).map(([name, value]) => [name, JSON.stringify(value)])
  )
  const transform = file => {
    if (file === PACKAGE) return new Rewriter(() => putTogether(file))
    return file.endsWith('.ts') ? new Rewriter(() => bundle(file, define)) : new PassThrough()
  }
  return [{ options: { noParse: [PACKAGE] } }, { transform }]
}

/** Puts something else in the place of a file. */
class Rewriter extends Transform {
  #rewrite

  constructor(rewrite) {
    super()
    this.#rewrite = rewrite
  }

  _transform(_chunk, _encoding, callback) {
    callback() // esbuild reads the file itself
  }

  _flush(callback) {
    this.#rewrite().then(code => callback(null, code), callback)
  }
}

async function putTogether(file) {
  return await run({ entryPoints: [file], outfile: file, bundle: true, format: 'cjs', target: 'esnext' })
}

async function bundle(file, define) {
  const code = await run({
    entryPoints: [file],
    outfile: file,
    bundle: true,
    format: 'cjs',
    platform: 'browser',
    target: 'es2020', // browserify's parser knows no more
    define,
    plugins: [packageAndExternals]
  })
  return code + checkThatItTests(file)
}

/** Sources in the source map are relative to `outfile`. */
async function run(options) {
  const { outputFiles } = await build({ ...options, write: false, sourcemap: 'inline', logLevel: 'silent' })
  return outputFiles[0].text
}

const packageAndExternals = {
  name: 'package and externals',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^webtorrent-dht$/ }, () => ({ path: 'package', namespace: 'package' }))
    // Here, outside of a folder of ES modules, esbuild takes `exports.default` for the default export, as bundlers do.
    onLoad({ filter: /^package$/, namespace: 'package' }, () => {
      const path = JSON.stringify(PACKAGE)
      return { contents: `export { default } from ${path}; export * from ${path}` }
    })
    onResolve({ filter: /.*/, namespace: 'package' }, ({ path }) => ({ path, external: true }))
    onResolve({ filter: /^[a-z_:/]+$/ }, ({ path }) => {
      const name = path.replace(/^node:/, '')
      const isExternal = name === 'tape' || builtinModules.includes(name)
      return isExternal ? { path: name, external: true } : undefined
    })
  }
}

/** A file that tests nothing has a mistake in it. tape runs the tests when all files are loaded, so they can be counted here. */
function checkThatItTests(file) {
  if (!file.endsWith('.test.ts')) return ''
  const name = JSON.stringify(relative(root, file))
  return `
{
  const tests = require('tape').getHarness()._tests.length
  if (tests === (globalThis.testsSoFar ?? 0)) throw new Error(${name} + ' has no test')
  globalThis.testsSoFar = tests
}
`
}
