/**
 * Pages as users of the package write them, each with the bundler that it is built with. None has a configuration that its
 * bundler's getting-started page has not.
 */

import { createServer as createViteServer } from 'vite'

/** Joins the node at the port in the URL and shows the value whose key is there. */
const join = `
const [port, key] = location.hash.slice(1).split('/')
const dht = new DHT({ bootstrap: '127.0.0.1:' + port, simple_peer_opts: { config: { iceServers: [] } } })
dht.once('ready', () => {
  dht.get(key, (error, found) => {
    document.title = error ? error.message : String(found && found.v)
    dht.destroy()
  })
})
`
const imported = `import DHT from 'webtorrent-dht'\n${join}`
const required = `const DHT = require('webtorrent-dht')\n${join}`
const script = attributes =>
  `<!doctype html>
  <html lang="en">
  <head><title></title><link rel="icon" href="data:,"></head>
  <body><script ${attributes}></script></body>
  </html>`

/** The module as it is: the page does all that pages usually do, and then shows the value. */
export const unbundled = {
  'index.html': script('type="module" src="main.js"'),
  'main.js': `import DHT from './node_modules/webtorrent-dht/dist/browser.js'
    const [port, key, author] = location.hash.slice(1).split('/')
    const dht = new DHT({ bootstrap: '127.0.0.1:' + port, simple_peer_opts: { config: { iceServers: [] } } })
    const { promises } = dht
    const infoHash = 'a1'.repeat(20)
    await promises.ready()
    await promises.announce(infoHash, 1234)
    for await (const { port } of promises.lookup(infoHash)) if (port !== 1234) throw new Error('another peer')
    const peer = await dht.dial(author, 'echo')
    const echo = new Promise(resolve => peer.once('data', resolve))
    peer.send(key)
    if (String(await echo) !== key) throw new Error('another echo')
    peer.destroy()
    const found = await promises.get(key)
    dht.destroy(() => {
      document.title = String(found?.v)
    })`
}

const forVite = {
  packages: ['vite'],
  files: {
    'package.json': '{"private": true, "type": "module"}',
    'index.html': script('type="module" src="/main.js"'),
    'main.js': imported
  }
}

/** webpack-cli does just this; its hints on size (244 kB, before gzip) are of the page's whole, which has limits of its own here. */
const webpack = mode => `
  require('webpack')({ mode: '${mode}', performance: { hints: false } }, (error, stats) => {
    console.log(error ?? stats.toString({ all: false, errors: true, warnings: true }))
  })`

const forWebpack = code => ({
  packages: ['webpack'],
  files: {
    'package.json': '{"private": true}',
    'src/index.js': code,
    'dist/index.html': script('src="main.js"')
  },
  served: 'dist'
})

/** `browser` is how Rollup finds what a package has for pages. */
const rollup = [
  ...['node_modules/rollup/dist/bin/rollup', 'src/main.js', '--silent', '--failAfterWarnings'],
  ...['--plugin', 'node-resolve={browser: true}']
]

/**
 * By what each promises. `command` are the arguments for Node.js that build the page, in the project's folder; `serve` serves
 * it without a build, `served` is the folder that is served otherwise.
 */
export const pages = {
  'a page built with Vite joins': {
    ...forVite,
    command: ['node_modules/vite/bin/vite.js', 'build', '--logLevel', 'warn'],
    served: 'dist'
  },
  'a page built with webpack 5 joins': {
    ...forWebpack(imported),
    command: ['-e', webpack('production')]
  },
  'a page built with esbuild joins': {
    packages: ['esbuild'],
    files: {
      'package.json': '{"private": true}',
      'app.js': imported,
      'index.html': script('src="out.js"')
    },
    command: ['-e', "require('esbuild').build({ entryPoints: ['app.js'], bundle: true, outfile: 'out.js' })"],
    served: '.'
  },
  'a page built with Rollup 4 joins': {
    packages: ['rollup', '@rollup/plugin-node-resolve'],
    files: {
      'package.json': '{"private": true, "type": "module"}',
      'src/main.js': imported,
      'public/index.html': script('type="module" src="main.js"')
    },
    command: [...rollup, '--dir', 'public', '--format', 'es'],
    served: 'public'
  },
  'a page with one classic script built with Rollup 4 joins': {
    packages: ['rollup', '@rollup/plugin-node-resolve'],
    files: {
      'package.json': '{"private": true, "type": "module"}',
      'src/main.js': imported,
      'public/index.html': script('src="bundle.js"')
    },
    command: [...rollup, '--file', 'public/bundle.js', '--format', 'iife', '--inlineDynamicImports'],
    served: 'public'
  },
  "a page from Vite's development server joins": {
    ...forVite,
    async serve(root) {
      const server = await createViteServer({ root, logLevel: 'warn', server: { host: '127.0.0.1' } })
      await server.listen()
      return { url: server.resolvedUrls.local[0], close: () => server.close() }
    }
  },
  'a page in the development mode of webpack 5 joins, and require gives the class': {
    ...forWebpack(required),
    command: ['-e', webpack('development')],
    usesEval: true // for each module
  },
  'a page with a classic script joins': {
    files: {
      'index.html': script('src="node_modules/webtorrent-dht/dist/browser.global.js"').replace(
        '</body>',
        '<script src="main.js"></script></body>'
      ),
      'main.js': `if (typeof WebTorrentDHT !== 'function') throw new Error('no class')
        const DHT = WebTorrentDHT\n${join}`
    },
    served: '.'
  }
}
