/** A process for one node of the predecessor. */

import { fileURLToPath } from 'node:url'
import { Child } from '../helpers/child.js'

export function forkOldNode(): Child {
  return new Child(fileURLToPath(new URL('../../../test/interop/old-node.cjs', import.meta.url)))
}
