/** `npm run build`: compiles and bundles everything, changed or not. */

import { build, installPackages } from './setup.mjs'

try {
  await installPackages()
  await build()
} catch (error) {
  console.error(error.message)
  process.exit(1)
}
