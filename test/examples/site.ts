/** An example's own files, bundled and served, with a bootstrap node: what its `npm start` does, without the installation. */

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { context } from 'esbuild'
import { createNode, destroyAll, placeOf } from '../helpers/nodes.js'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const EXAMPLES = `${ROOT}examples/`
/** The builds for browsers, by the names that they are imported by. */
const PACKAGE = Object.fromEntries(
  Object.entries(JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')).exports).flatMap(
    ([path, target]) => {
      const { browser } = target as { browser?: string | null }
      return browser ? [[`webtorrent-dht${path.slice(1)}`, ROOT + browser]] : []
    }
  )
)

/** What `npm start` of an example puts beside its page. */
const SCRIPTS: Record<string, string[]> = {
  'webtorrent-player': [`${ROOT}node_modules/webtorrent/dist/sw.min.js`]
}

export interface Site {
  /** Where the page is. */
  url: string
  /** Ends the bootstrap node, and starts one in its place that has nothing of what it stored. */
  replaceBootstrap(): Promise<void>
  close(): Promise<void>
}

/** Serves an example. The package comes from dist/, as its users get it: build that before. */
export async function openSite(name: string): Promise<Site> {
  let bootstrap = await createNode()
  const folder = EXAMPLES + name
  const bundler = await context({
    entryPoints: [`${folder}/main.js`, ...(SCRIPTS[name] ?? [])],
    entryNames: '[name]',
    outdir: folder, // in the place of main.js, in memory
    allowOverwrite: true,
    write: false,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    alias: PACKAGE,
    tsconfigRaw: {}, // the paths of ours lead to src/
    define: { 'import.meta.env': JSON.stringify({ VITE_BOOTSTRAP: `http://${placeOf(bootstrap)}` }) },
    logLevel: 'warning'
  })
  await bundler.rebuild() // rejects what is wrong; `serve` would answer with it
  const { port } = await bundler.serve({ servedir: folder, host: '127.0.0.1', port: 0 })
  return {
    url: `http://127.0.0.1:${port}/`,
    async replaceBootstrap() {
      const { port } = bootstrap.address()
      await destroyAll(bootstrap)
      bootstrap = await createNode({}, port)
    },
    async close() {
      await bundler.dispose()
      await destroyAll(bootstrap)
    }
  }
}
