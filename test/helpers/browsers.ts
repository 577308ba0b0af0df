/** Starts browsers with their default settings, but for what keeps them from calling home. */

import { type Browser, chromium, firefox } from 'playwright-core'

const CHROMIUM_FLAGS = [
  '--no-sandbox', // needed as root
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update'
]
/** Firefox would go on without the proxy if that is dead. */
const FIREFOX_PREFERENCES = { 'network.proxy.failover_direct': false, 'network.proxy.allow_bypass': false }
/** Nobody is there; what is on this machine bypasses it. */
const DEAD_PROXY = { server: 'http://127.0.0.1:9', bypass: 'localhost,127.0.0.1' }

export function launchChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: CHROMIUM_FLAGS, proxy: DEAD_PROXY })
}

export function launchFirefox(executablePath: string): Promise<Browser> {
  const firefoxUserPrefs = FIREFOX_PREFERENCES
  return firefox.launch({ executablePath, channel: 'moz-firefox', firefoxUserPrefs, proxy: DEAD_PROXY })
}
