/** `npm start`: a node of the DHT in this terminal. What follows `--` is for it; see `npm start -- --help`. */

import { root, setUpStart } from './setup.mjs'

await setUpStart(checkArguments)
await import('../build/start/node.js')

/** Before the build, which takes a while: help and mistakes end the process here. */
async function checkArguments() {
  const { build, stop } = await import('esbuild')
  const { outputFiles } = await build({
    entryPoints: [`${root}demo/arguments.ts`],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm'
  })
  await stop() // its process would stay as long as this one
  const { readArguments } = await import(
    `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`
  )
  readArguments(process.argv.slice(2))
}
