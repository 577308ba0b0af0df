/** Starts Chromium with its default settings, but for what keeps it from calling home. */

import { type Browser, chromium } from 'playwright-core'

const FLAGS = [
  '--no-sandbox', // needed as root
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update'
]

export function launchChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: FLAGS })
}
