/** The browsers that are installed here. */

import type { BrowserPlace } from '../../test/tabs/browser.js'

export const CHROMIUM: BrowserPlace = {
  name: 'chromium',
  executablePath: process.env.CHROME_BIN ?? '/usr/bin/chromium'
}
export const FIREFOX: BrowserPlace = {
  name: 'firefox',
  executablePath: process.env.FIREFOX_BIN ?? '/usr/bin/firefox-esr'
}
