/** Imports the package, as a render on a server does. Prints what is loaded, and which timers run. */

const { default: WebTorrentDHT } = await import('../../../src/index.js')

const { sharedObjects } = process.report.getReport() as unknown as { sharedObjects: string[] }
console.log(
  JSON.stringify({
    kind: typeof WebTorrentDHT,
    native: sharedObjects.filter(path => path.includes('node_datachannel')),
    timers: process.getActiveResourcesInfo().filter(name => name === 'Timeout')
  })
)
