/** examples/bootstrap-docker, without Docker: the image's program with the flags and the checks of the container. */

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type Test } from 'tape'
import { parse } from 'yaml'
import { run } from '../cli/program.js'
import { environmentOf, parseDockerfile, textsOf } from '../deploy/dockerfile.js'
import { freePort, Service, scratchFolder } from '../deploy/service.js'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const FOLDER = join(ROOT, 'examples/bootstrap-docker')
const PROGRAM = '/app/node_modules/webtorrent-dht/'
/** The ports of the image, which may be taken here. */
const PORTS = { http: '16881', admin: '16882', udp: '50000' }

interface Compose {
  services: { node: { build: { context: string; dockerfile: string }; command: string[]; volumes: string[] } }
  volumes: Record<string, unknown>
}

export function testBootstrapDocker(): void {
  test('examples/bootstrap-docker: the node is healthy, and a restart keeps its id and its values', async t => {
    const { services, volumes } = parse(readFileSync(join(FOLDER, 'compose.yaml'), 'utf8')) as Compose
    const { build, command, volumes: mounts } = services.node
    const [, image] = parseDockerfile(readFileSync(join(FOLDER, build.context, build.dockerfile), 'utf8'))
    const environment = environmentOf(image)
    t.deepEqual(
      mounts,
      [`data:${environment.WEBTORRENT_DHT_DATA}`],
      'the volume is where the node keeps things'
    )
    t.deepEqual(Object.keys(volumes), ['data'])

    const container = await createContainer(t, {
      entry: JSON.parse(textsOf(image, 'ENTRYPOINT')[0] ?? '[]'),
      check: JSON.parse((textsOf(image, 'HEALTHCHECK')[0] ?? '').replace(/^.*CMD /, '')),
      command: command.map(text => text.replace(/\$\{\w+:-(.*)\}/, '$1')),
      environment
    })
    const first = await container.start()
    t.ok(container.isHealthy(), 'it is healthy')
    const put = await run(['put', 'hello', '--bootstrap', container.place])
    t.equal(put.code, 0, put.stderr)
    t.match(await first.stop(), /ended \(0\)/)
    t.notOk(container.isHealthy(), 'it has ended')
    const { stdout: id } = await run(['id', '--data', container.data])

    await container.start()
    const status = await fetch(`${container.adminPlace}/status`)
    t.ok(id.includes(((await status.json()) as { id: string }).id), 'it has the same id')
    const got = await run(['get', put.stdout.trim(), '--bootstrap', container.place])
    t.equal(got.stdout.trim(), 'hello', 'and its values')
  })
}

interface Description {
  entry: string[]
  check: string[]
  command: string[]
  environment: Record<string, string>
}

/** What Docker makes of it: the same program, at ports that are free and in a folder of this machine. */
async function createContainer(t: Test, { entry, check, command, environment }: Description) {
  const data = join(scratchFolder(t), 'data')
  const ports = { http: await freePort(), admin: await freePort(), udp: await freePort() }
  const here = (text: string) =>
    text
      .replace(PROGRAM, `${ROOT}/`)
      .replace(PORTS.http, String(ports.http))
      .replace(PORTS.admin, String(ports.admin))
  const [node, ...args] = [...entry, ...command, '--port', String(ports.http)].map(here)
  return {
    data,
    place: `http://127.0.0.1:${ports.http}`,
    adminPlace: `http://127.0.0.1:${ports.admin}`,
    async start(): Promise<Service> {
      const service = await Service.start(
        node === 'node' ? process.execPath : String(node),
        args,
        ports.admin,
        {
          ...environment,
          WEBTORRENT_DHT_DATA: data,
          WEBTORRENT_DHT_ADMIN_PORT: String(ports.admin),
          WEBTORRENT_DHT_UDP_PORT: String(ports.udp)
        }
      )
      t.teardown(() => service.stop())
      return service
    },
    isHealthy(): boolean {
      const [program = '', ...rest] = check.map(here)
      return spawnSync(program, rest).status === 0
    }
  }
}
