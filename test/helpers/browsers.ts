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

/**
 * @param host a name for this machine, beside `localhost`: browsers do not take it for as good as HTTPS
 * @param more arguments of the command line
 */
export function launchChromium(
  executablePath: string,
  host?: string,
  more: readonly string[] = []
): Promise<Browser> {
  const rules = host ? [`--host-resolver-rules=MAP ${host} 127.0.0.1`] : []
  const proxy = host ? { ...DEAD_PROXY, bypass: `${DEAD_PROXY.bypass},${host}` } : DEAD_PROXY
  return chromium.launch({ executablePath, args: [...CHROMIUM_FLAGS, ...rules, ...more], proxy })
}

/** @param film a file in the format YUV4MPEG2 that the camera shows; read when a page opens the camera */
export function launchChromiumWithCamera(executablePath: string, film: string): Promise<Browser> {
  const camera = ['--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${film}`]
  return chromium.launch({ executablePath, args: [...CHROMIUM_FLAGS, ...camera], proxy: DEAD_PROXY })
}

export function launchFirefox(executablePath: string): Promise<Browser> {
  const firefoxUserPrefs = FIREFOX_PREFERENCES
  return firefox.launch({ executablePath, channel: 'moz-firefox', firefoxUserPrefs, proxy: DEAD_PROXY })
}
