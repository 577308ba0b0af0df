/** A real Prometheus that scrapes a bootstrap node as docs/deploy/prometheus.yml says, and is asked what the dashboard asks. */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'tape'
import { createJoined, createNode, destroyAll } from '../helpers/nodes.js'
import { timeUntil } from '../processes/scenario.js'
import { freePort, needs, Service, scratchFolder } from './service.js'

const PROGRAM = fileURLToPath(new URL('../../src/cli/index.js', import.meta.url))
const EXAMPLES = new URL('../../../docs/deploy/', import.meta.url)
const SCRAPED_WITHIN = 30_000

interface Dashboard {
  panels: { title: string; targets: { expr: string }[] }[]
}

/** The queries of the dashboard, with the variables of Grafana filled in. */
function queriesOf({ panels }: Dashboard): [title: string, query: string][] {
  const fill = (text: string) => text.replaceAll('$instance', '.*').replaceAll('$__rate_interval', '1m')
  return panels.flatMap(({ title, targets }) =>
    targets.map(({ expr }): [string, string] => [title, fill(expr)])
  )
}

export function testPrometheus(): void {
  const dashboard: Dashboard = JSON.parse(readFileSync(new URL('grafana.json', EXAMPLES), 'utf8'))

  test('Prometheus scrapes a node, and answers what the dashboard asks', needs('prometheus'), async t => {
    const [port, adminPort, ownPort] = [await freePort(), await freePort(), await freePort()]
    const folder = scratchFolder(t)
    const where = ['--host', '127.0.0.1', '--port', String(port), '--admin-port', String(adminPort)]
    const node = await Service.start(process.execPath, [PROGRAM, 'serve', ...where], adminPort)
    t.teardown(() => node.stop())
    const other = await createNode({ bootstrap: `127.0.0.1:${port}` })
    const client = await createJoined(other)
    t.teardown(() => destroyAll(other, client))

    const config = readFileSync(new URL('prometheus.yml', EXAMPLES), 'utf8')
      .replace('127.0.0.1:16882', `127.0.0.1:${adminPort}`)
      .replace('scrape_interval: 15s', 'scrape_interval: 1s')
    const path = join(folder, 'prometheus.yml')
    writeFileSync(path, config)
    const prometheus = await Service.start(
      'prometheus',
      [
        `--config.file=${path}`,
        `--storage.tsdb.path=${folder}/data`,
        `--web.listen-address=127.0.0.1:${ownPort}`
      ],
      ownPort
    )
    t.teardown(() => prometheus.stop())

    const ask = async (query: string): Promise<{ status: string; values: string[]; error?: string }> => {
      const response = await fetch(
        `http://127.0.0.1:${ownPort}/api/v1/query?${new URLSearchParams({ query })}`
      )
      const { status, data, error } = (await response.json()) as {
        status: string
        data?: { result: { value: [number, string] }[] }
        error?: string
      }
      return {
        status,
        values: (data?.result ?? []).map(({ value: [, text] }) => text),
        ...(error !== undefined && { error })
      }
    }
    const twice = 'count_over_time(webtorrent_dht_is_connected[1m]) > 2'
    const isReady = async () => (await fetch(`http://127.0.0.1:${ownPort}/-/ready`)).ok
    const isScraped = async () => (await isReady()) && (await ask(twice)).values.length > 0
    t.ok((await timeUntil(isScraped, SCRAPED_WITHIN)) !== null, 'it has scraped it')
    t.deepEqual((await ask('webtorrent_dht_is_connected')).values, ['1'])
    t.deepEqual((await ask('up{job="webtorrent-dht"}')).values, ['1'])
    t.ok(Number((await ask('webtorrent_dht_connections{state="open"}')).values[0]) >= 1)
    for (const [title, query] of queriesOf(dashboard)) {
      const { status, error, values } = await ask(query)
      t.deepEqual([status, error, values.length > 0], ['success', undefined, true], `${title}: ${query}`)
    }
  })
}
