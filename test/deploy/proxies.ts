/** The examples of docs/deploy/ for nginx and Caddy, run as they are but for names, ports and certificates. */

import { readFileSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { request } from 'node:https'
import { join } from 'node:path'
import test, { type Test } from 'tape'
import type WebTorrentDHT from '../../src/index.js'
import { CERTIFICATES } from '../helpers/certificates.js'
import { createNode, destroyAll } from '../helpers/nodes.js'
import { type BrowserPlace, launch, SCRIPTS } from '../tabs/browser.js'
import { freePort, needs, Service, scratchFolder } from './service.js'

const EXAMPLES = new URL('../../../docs/deploy/', import.meta.url)
const NAME = 'dht.example.org'
/** Requests from one address in ten seconds. */
const MAX_REQUESTS = 5
const JOIN_TIMEOUT = 20_000

const PAGE = `<!doctype html><title>A node</title>
<script type="module">
  import DHT from './browser.js'
  globalThis.dht = new DHT({ bootstrap: location.origin })
</script>`

/** A proxy: starts it before a node. */
interface Proxy {
  name: string
  programs: string[]
  start(t: Test, port: number, nodePort: number): Promise<Service>
}

const nginx: Proxy = {
  name: 'nginx',
  programs: ['nginx'],
  async start(t, port, nodePort) {
    const folder = scratchFolder(t)
    const [files] = CERTIFICATES
    const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
    writeFileSync(key, files.key)
    writeFileSync(certificate, files.cert)
    const site = readFileSync(new URL('nginx.conf', EXAMPLES), 'utf8')
      .replace(/^.*\[::\].*\n/m, '') // there may be no IPv6 here
      .replace('listen 443', `listen 127.0.0.1:${port}`)
      .replace(/ssl_certificate .*;/, `ssl_certificate ${certificate};`)
      .replace(/ssl_certificate_key .*;/, `ssl_certificate_key ${key};`)
      .replace('127.0.0.1:16881', `127.0.0.1:${nodePort}`)
      .replaceAll(NAME, 'localhost')
    const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      name => `${name}_temp_path ${join(folder, name)};`
    )
    const main = join(folder, 'nginx.conf')
    const user = process.getuid?.() === 0 ? 'user root;' : ''
    writeFileSync(join(folder, 'site.conf'), site)
    writeFileSync(
      main,
      `daemon off; ${user} pid ${folder}/pid; error_log stderr; events {}
      http { access_log off; ${paths.join(' ')} include ${folder}/site.conf; }`
    )
    return Service.start('nginx', ['-p', folder, '-e', 'stderr', '-c', main], port)
  }
}

const caddy: Proxy = {
  name: 'caddy',
  programs: ['caddy'],
  async start(t, port, nodePort) {
    const folder = scratchFolder(t)
    const main = join(folder, 'Caddyfile')
    // A certificate of its own for `localhost`, which it would have the machine trust.
    writeFileSync(
      main,
      `{
        admin off
        skip_install_trust
        auto_https disable_redirects
        storage file_system ${folder}
      }
      import ${new URL('Caddyfile', EXAMPLES).pathname}`
    )
    const environment = {
      DHT_NAME: `localhost:${port}`,
      DHT_NODE: `127.0.0.1:${nodePort}`,
      HOME: folder
    }
    return Service.start('caddy', ['run', '--config', main, '--adapter', 'caddyfile'], port, environment)
  }
}

export function testProxies(...browsers: BrowserPlace[]): void {
  for (const proxy of [nginx, caddy]) {
    test(
      `behind ${proxy.name}, requests count for the address that they come from`,
      needs(...proxy.programs),
      async t => {
        const { post } = await startBehind(t, proxy)
        const forged = { 'x-forwarded-for': '198.51.100.7' }
        const statuses = []
        for (let i = 0; i <= MAX_REQUESTS; i++) statuses.push(await post('127.0.0.2', i % 2 ? forged : {}))
        t.deepEqual(
          statuses,
          [...Array(MAX_REQUESTS).fill(400), 429],
          'one address has a limit, whatever it says'
        )
        t.equal(await post('127.0.0.3'), 400, 'another one is not concerned')
      }
    )
    for (const browser of browsers) {
      const title = `a page over HTTPS joins through ${proxy.name} in ${browser.name}`
      test(title, needs(...proxy.programs), async t => {
        const { node, port } = await startBehind(t, proxy)
        const opened = await launch(browser)
        t.teardown(() => opened.close())
        const page = await (await opened.newContext({ ignoreHTTPSErrors: true })).newPage()
        const errors: string[] = []
        page.on('pageerror', error => errors.push(String(error)))
        await page.goto(`https://localhost:${port}/`)
        await page.waitForFunction(() => globalThis.dht?.ready, null, { timeout: JOIN_TIMEOUT })
        const seen = await page.evaluate(() => ({
          isSecure: isSecureContext && location.protocol === 'https:',
          id: dht.nodeId.toString('hex'),
          known: dht.socket.known_http_servers()
        }))
        t.ok(seen.isSecure, 'the page came over HTTPS')
        t.ok(node.socket.get_id_mapping(seen.id), 'its node is connected')
        t.deepEqual(seen.known, [{ host: 'localhost', port }], 'it has been told the place of the proxy')
        t.deepEqual(errors, [])
      })
    }
  }
}

/** Starts a node that listens on loopback only, and a proxy before it. */
async function startBehind(
  t: Test,
  proxy: Proxy
): Promise<{
  node: WebTorrentDHT
  port: number
  post(from: string, headers?: Record<string, string>): Promise<number | undefined>
}> {
  const port = await freePort()
  const node = await createNode({
    http_address: { address: 'localhost', port },
    trustProxy: '127.0.0.1',
    httpLimits: { requestsPerAddress: MAX_REQUESTS },
    requestListener: async ({ url }, response) => {
      const script = SCRIPTS[url ?? '']
      response.setHeader('content-type', script ? 'text/javascript' : 'text/html')
      response.end(script ? await readFile(script) : PAGE)
    }
  })
  t.teardown(() => destroyAll(node))
  const service = await proxy.start(t, port, node.address().port)
  t.teardown(() => service.stop())
  return { node, port, post: (from, headers) => postFrom(port, from, headers) }
}

/** Posts what is no offer. @returns the status of the response */
function postFrom(
  port: number,
  localAddress: string,
  headers: Record<string, string> = {}
): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', servername: 'localhost', port, localAddress, method: 'POST' }
    const sent = request(
      { ...options, headers: { host: `localhost:${port}`, ...headers }, rejectUnauthorized: false },
      response => {
        response.resume()
        resolve(response.statusCode)
      }
    )
    sent.once('error', reject)
    sent.end('no offer')
  })
}
