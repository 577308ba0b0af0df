/** `npm run build`: compiles and bundles everything. */

import { setUp } from './setup.mjs'

await setUp()
