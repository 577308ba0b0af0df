/**
 * How the modules of upstream's tests are found: `bittorrent-dht` is this package; what a test imports
 * from its own repository is the release that is installed; its other packages are those that are installed beside this file.
 */

/** This package has the real one inside. */
const PACKAGE = new URL('../../../dist/', import.meta.url).href
const DHT = new URL('dht.mjs', import.meta.url).href
const HERE = new URL('package.json', import.meta.url).href
/** Opens ports in routers: a test that does so goes beyond this machine. */
const NAT = '@silentbot1/nat-api'

let tests
let release

/** @param data `tests`, the URL of the folder with the tests' files, and `release`, that of the package's entry */
export function initialize(data) {
  tests = data.tests
  release = data.release
}

export function resolve(specifier, context, next) {
  const isOurs = context.parentURL?.startsWith(PACKAGE)
  if (specifier === 'bittorrent-dht' && !isOurs) return { url: DHT, shortCircuit: true }
  if (specifier === NAT) return { url: 'data:text/javascript,export default null', shortCircuit: true }
  if (!context.parentURL?.startsWith(tests)) return next(specifier, context)
  if (!specifier.startsWith('.')) return next(specifier, { ...context, parentURL: HERE })
  const { href } = new URL(specifier, context.parentURL)
  return href === new URL('index.js', tests).href
    ? { url: release, shortCircuit: true }
    : next(specifier, context)
}
