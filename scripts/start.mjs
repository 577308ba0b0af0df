/** `npm start`: a node of the DHT in this terminal. What follows `--` is for it; see `npm start -- --help`. */

import { root, setUp } from './setup.mjs'

await setUp(checkArguments)
await import('../build/demo/node.js')

/** Before the build, which takes a while: help and mistakes end the process here. */
async function checkArguments() {
  const { build } = await import('esbuild')
  const { outputFiles } = await build({
    entryPoints: [`${root}demo/arguments.ts`],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm'
  })
  const { readArguments } = await import(
    `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`
  )
  readArguments(process.argv.slice(2))
}
