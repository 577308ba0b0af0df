/** Writes vectors.json from source/: `node conformance/write-vectors.mjs`. The expected results stand in the sources. */

import { writeFileSync } from 'node:fs'
import { vectors } from './source/index.mjs'

writeFileSync(new URL('vectors.json', import.meta.url), vectors)
