import { fileURLToPath } from 'node:url'

// The package lies outside of this folder ("file:../.."); one from the registry does not need this.
const root = fileURLToPath(new URL('../..', import.meta.url))

export default { turbopack: { root } }
