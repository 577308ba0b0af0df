/** Writes the vectors from source/: `node conformance/write-vectors.mjs`. The expected results stand in the sources. */

import { writeFileSync } from 'node:fs'
import { files } from './source/index.mjs'

for (const [name, text] of Object.entries(files)) writeFileSync(new URL(name, import.meta.url), text)
