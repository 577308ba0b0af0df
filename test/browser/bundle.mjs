/**
 * A browserify transform that bundles a test file with esbuild first: airtap's browserify reads neither TypeScript nor ES
 * modules. tape and what Node.js has built in are left to browserify. `webtorrent-dht` is the built package, as users get it.
 */

import { builtinModules } from 'node:module'
import { relative } from 'node:path'
import { PassThrough, Transform } from 'node:stream'
import { build } from 'esbuild'
import { root } from '../../scripts/setup.mjs'

const PACKAGE = `${root}dist/browser.js`

/** @param constants strings that the tests find as `COMPANION`, for example */
export function bundleTests({ companion }) {
  return file => (isOurs(file) ? new Bundler(file, companion) : new PassThrough())
}

function isOurs(file) {
  return file.endsWith('.ts')
}

class Bundler extends Transform {
  #file
  #companion

  constructor(file, companion) {
    super()
    this.#file = file
    this.#companion = companion
  }

  /** esbuild reads the file itself. */
  _transform(_chunk, _encoding, callback) {
    callback()
  }

  _flush(callback) {
    bundle(this.#file, this.#companion).then(code => callback(null, code), callback)
  }
}

async function bundle(file, companion) {
  const { outputFiles } = await build({
    entryPoints: [file],
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'browser',
    target: 'es2022',
    sourcemap: 'inline',
    outfile: file, // sources in the source map are relative to it
    define: { COMPANION: JSON.stringify(companion) },
    plugins: [packageAndExternals],
    logLevel: 'silent' // the error has it all
  })
  return outputFiles[0].text + checkThatItTests(file)
}

const packageAndExternals = {
  name: 'package and externals',
  setup({ onResolve }) {
    onResolve({ filter: /^webtorrent-dht$|\/src\/index\.js$/ }, () => ({ path: PACKAGE }))
    onResolve({ filter: /^[a-z_:]+$/ }, ({ path }) => {
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
