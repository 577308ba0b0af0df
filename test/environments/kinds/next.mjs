/** Next.js: a server component that only imports the package, a route whose nodes run on the server, and a client component. */

const serve = `
import { once } from 'node:events'
import { createServer } from 'node:http'
import next from 'next'
const app = next({ dev: false })
await app.prepare()
const server = createServer(app.getRequestHandler()).listen(0, '127.0.0.1')
await once(server, 'listening')
for (const path of process.argv.slice(2)) {
  const response = await fetch('http://127.0.0.1:' + server.address().port + path)
  const text = await response.text()
  console.log('result: ' + (/\\[(.*?)\\]/.exec(text.replaceAll('<!-- -->', ''))?.[1] ?? response.status + ' ' + text.slice(0, 300)))
}
server.close()
server.closeAllConnections()
await app.close()
`

const files = {
  'serve.mjs': serve,
  'app/layout.jsx': 'export default ({ children }) => <html><body>{children}</body></html>',
  'app/page.jsx': `
    import WebTorrentDHT from 'webtorrent-dht'
    export const dynamic = 'force-dynamic'
    export default () => <p>[works: a {typeof WebTorrentDHT}]</p>`,
  'app/client/page.jsx': `
    'use client'
    import WebTorrentDHT from 'webtorrent-dht'
    export default () => <p>[works: a {typeof WebTorrentDHT}]</p>`,
  'app/play/route.js': `
    import WebTorrentDHT from 'webtorrent-dht'
    import { play } from '../../play.mjs'
    export const dynamic = 'force-dynamic'
    export const GET = async () => new Response('[' + await play(WebTorrentDHT) + ']')`
}

/** Builds at the first call, then serves paths and says what came. */
async function serveBuilt(project, ...paths) {
  const built = await project.run(process.execPath, [project.path('next/dist/bin/next'), 'build'])
  return built.code === 0 ? project.run(process.execPath, ['serve.mjs', ...paths]) : built
}

export const next = {
  name: 'Next.js',
  packages: ['next', 'react', 'react-dom'],
  files,
  versionOf: project => project.versionOf('next'),
  rows: [
    {
      what: 'built, a server component and a client component (rendered on the server) that import the package',
      run: project => serveBuilt(project, '/', '/client'),
      expected: 'works'
    },
    {
      what: 'built, nodes in a route',
      run: project => serveBuilt(project, '/play'),
      expected: 'works'
    }
  ]
}
