/** Vite: modules for the server, built and served by its own development server, and a page. */

const files = {
  'entry-server.mjs': `
    import WebTorrentDHT from 'webtorrent-dht'
    import { play } from './play.mjs'
    export const kind = typeof WebTorrentDHT
    export const render = () => play(WebTorrentDHT)`,
  'built.mjs': `
    import { render } from './dist/entry-server.js'
    console.log('result: ' + await render())`,
  'dev.mjs': `
    import { createServer } from 'vite'
    const server = await createServer({ server: { middlewareMode: true, ws: false, hmr: false }, appType: 'custom' })
    const { render } = await server.ssrLoadModule('/entry-server.mjs')
    console.log('result: ' + await render())
    await server.close()`,
  'index.html': '<script type="module" src="/client.mjs"></script>',
  'client.mjs': `
    import WebTorrentDHT from 'webtorrent-dht'
    document.body.textContent = typeof WebTorrentDHT`,
  'check-page.mjs': `
    import { readdirSync, readFileSync } from 'node:fs'
    const [file] = readdirSync('page/assets')
    const code = readFileSync('page/assets/' + file, 'utf8')
    const isForPages = code.includes('RTCPeerConnection') && !code.includes('worker_threads')
    console.log('result: ' + (isForPages ? 'works' : 'not the build for pages'))`
}

async function runBuilt(project, file, ...args) {
  const built = await project.run(process.execPath, [project.path('vite/bin/vite.js'), 'build', ...args])
  return built.code === 0 ? project.run(process.execPath, [file]) : built
}

export const vite = {
  name: 'Vite',
  packages: ['vite'],
  files,
  versionOf: project => project.versionOf('vite'),
  rows: [
    {
      what: 'SSR, built (`vite build --ssr`)',
      run: project => runBuilt(project, 'built.mjs', '--ssr', 'entry-server.mjs'),
      expected: 'works'
    },
    {
      what: 'SSR, by the development server',
      run: project => project.run(process.execPath, ['dev.mjs']),
      expected: 'works'
    },
    {
      what: 'a page, built; test/package/bundlers.mjs runs such a page',
      run: project => runBuilt(project, 'check-page.mjs', '--outDir', 'page'),
      expected: 'works'
    }
  ]
}
