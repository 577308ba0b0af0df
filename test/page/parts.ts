/** What the tests of the page work with. */

import type { Browser } from 'playwright-core'
import type { DemoNode } from './demo-node.js'

export interface Parts {
  browser: Browser
  node: DemoNode
  /** Where the screenshots go. */
  artifacts: string
}
