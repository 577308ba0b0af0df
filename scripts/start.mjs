/** `npm start`: a node of the DHT in this terminal. What follows `--` is for it; see `npm start -- --help`. */

import { setUp } from './setup.mjs'

await setUp()
await import('../build/demo/node.js')
