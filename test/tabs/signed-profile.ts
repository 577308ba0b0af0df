/** The page in docs/programs.md that keeps a signed profile: over plain HTTP, where there is no WebCrypto, and where there is. */

import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from 'playwright-core'
import test from 'tape'
import DHT from '../../src/index.js'
import { launchChromium } from '../helpers/browsers.js'
import { createNode, destroyAll, placeOf } from '../helpers/nodes.js'
import { type BrowserPlace, SCRIPTS } from './browser.js'

const BOOTSTRAP = 'https://dht.example.org/'
const DOCUMENT = new URL('../../../docs/programs.md', import.meta.url)
const MOST_LINES = 10
const DEADLINE = 20_000

/** Where the page comes from, by whether browsers trust it: 127.0.0.1 is as good as HTTPS, and another name for it is not. */
const HOSTS = [
  { host: 'profile.example', isTrusted: false },
  { host: '127.0.0.1', isTrusted: true }
]

export function testSignedProfile({ executablePath }: BrowserPlace): void {
  const html = readPage()

  test('docs/programs.md: the programs that keep a signed profile have at most ten lines', t => {
    const [, script = ''] = /<script type="module">\n(.*?)<\/script>/s.exec(html) ?? []
    const [, program = ''] =
      /^```js\n(\/\/ example: keep a signed profile.*?)^```$/ms.exec(readDocument()) ?? []
    for (const code of [script, program]) {
      const lines = code.split('\n').filter(line => !/^\s*(\/\/.*)?$/.test(line))
      t.ok(lines.length > 5 && lines.length <= MOST_LINES, `${lines.length} lines`)
    }
    t.end()
  })

  for (const { host, isTrusted } of HOSTS) {
    test(`docs/programs.md: a page from http://${host} keeps a signed profile up to date`, async t => {
      const bootstrap = await createNode()
      const server = await serve(html.replace(BOOTSTRAP, `http://${placeOf(bootstrap)}/`))
      const browser = await launchChromium(executablePath, host)
      t.teardown(async () => {
        await browser.close()
        server.close()
        await destroyAll(bootstrap)
      })
      const page = await browser.newPage()
      const errors: string[] = []
      page.on('pageerror', error => errors.push(String(error.stack ?? error)))
      await page.goto(`http://${host}:${(server.address() as AddressInfo).port}/page.html`)
      t.equal(await page.evaluate(() => crypto.subtle !== undefined), isTrusted, 'WebCrypto')

      await type(page, 'Ann', 'version 1: Ann')
      await type(page, 'Ann Lee', 'version 2: Ann Lee')
      const seed = await page.evaluate(() => String(localStorage.seed))
      const { publicKey } = await DHT.keyPair(seed)
      const record = bootstrap.promises.record(publicKey, { salt: 'profile' })
      const found = await record.get()
      t.deepEqual([String(found?.value), found?.seq], ['Ann Lee', 2], 'others read it')

      await page.reload()
      await type(page, 'Ann again', 'version 3: Ann again')
      t.equal(await page.evaluate(() => String(localStorage.seed)), seed, 'with the same key')
      t.deepEqual(errors, [])
    })
  }
}

/** Types a name, and waits for the title. */
async function type(page: Page, name: string, title: string): Promise<void> {
  await page.waitForFunction(() => document.getElementsByTagName('input')[0]?.onchange)
  await page.fill('input', name)
  await page.locator('input').blur()
  await page.waitForFunction(wanted => document.title === wanted, title, { timeout: DEADLINE })
}

/** Serves the page beside `node_modules`. */
async function serve(html: string): Promise<Server> {
  const server = createServer(async ({ url }, response) => {
    const script = SCRIPTS[url?.replace('/node_modules/webtorrent-dht/dist', '') ?? '']
    if (url !== '/page.html' && !script) return response.writeHead(404).end()
    response.setHeader('content-type', script ? 'text/javascript' : 'text/html')
    response.end(script ? await readFile(script) : html)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return server
}

function readDocument(): string {
  return readFileSync(DOCUMENT, 'utf8')
}

function readPage(): string {
  const page = [...readDocument().matchAll(/^```html\n(.*?)^```$/gms)].find(([, text]) =>
    text?.includes('.keyPair(')
  )
  if (!page?.[1]) throw new Error('docs/programs.md has no page with a signed profile')
  return page[1]
}
