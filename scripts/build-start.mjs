/**
 * Builds what `npm start` runs, and no more: the node as `build/start/node.js`, and its page. It is bundled, not checked: that is what
 * `npm test` does. `npm start` runs this as a process of its own, which takes the bundlers along when it ends.
 */

import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { buildPage } from './build-page.mjs'
import { markBuilt, root, START } from './built.mjs'

export async function buildStart() {
  await markBuilt(START, () => Promise.all([buildNode(), buildPage()]))
}

async function buildNode() {
  await build({
    entryPoints: [`${root}demo/node.ts`],
    outfile: `${root}build/start/node.js`,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    ignoreAnnotations: true, // `sideEffects` in package.json names the files in dist/
    logLevel: 'warning'
  })
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await buildStart()
  process.exit() // esbuild's own process ends with this one
}
