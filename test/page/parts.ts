/** What the tests of the page work with. */

import type { Browser } from 'playwright-core'

export interface Parts {
  /** Chromium, and its path for those that need it started otherwise. */
  browser: Browser
  chromium: string
  /** Firefox. */
  other: Browser
  /** Where the screenshots go. */
  artifacts: string
}
