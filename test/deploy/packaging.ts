/** The image, the services and the fleet of docs/deploy/, as far as they can be checked without Docker, systemd and Kubernetes. */

import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'tape'
import { parseAllDocuments } from 'yaml'
import { readCommandLine } from '../../src/cli/command-line.js'
import type { Settings } from '../../src/cli/settings.js'
import { environmentOf, parseDockerfile, textsOf } from './dockerfile.js'
import { freePort, needs, Service, scratchFolder } from './service.js'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const EXAMPLES = join(ROOT, 'docs/deploy')
const read = (name: string) => readFileSync(join(EXAMPLES, name), 'utf8')
const SECONDS = 1000
const IMAGE = 'webtorrent-dht-test'

type Tree = { [key: string]: Tree } & Tree[] & string

/** The documents of a YAML file. @throws what is wrong with it */
function parseYaml(name: string): Tree[] {
  const documents = parseAllDocuments(read(name))
  for (const { errors, warnings } of documents) for (const problem of [...errors, ...warnings]) throw problem
  return documents.map(document => document.toJS())
}

/** The settings of `serve` with these flags: the real command line reads them. */
function settingsOf(args: readonly string[], environment: Record<string, string> = {}): Settings {
  Object.assign(process.env, environment)
  try {
    const found = readCommandLine(['serve', ...args])
    if (typeof found === 'string') throw new Error(found)
    return found.settings
  } finally {
    for (const name of Object.keys(environment)) delete process.env[name]
  }
}

/** The stages of the Dockerfile: the packages, and the image. */
const [packages, image] = parseDockerfile(read('Dockerfile'))

function docker(...args: string[]): { status: number | null; stderr: string } {
  return spawnSync('docker', args, { encoding: 'utf8' })
}

/** Why the image cannot be built here; `false` where it can. */
function whyNoDocker(): string | false {
  const [base = ''] = textsOf(packages, 'FROM')[0]?.split(' ') ?? []
  const reason =
    docker('info').status !== 0
      ? 'no Docker runs here'
      : docker('pull', '-q', base).status !== 0 && `no ${base}`
  if (reason) process.stdout.write(`  skip the image is not built: ${reason}\n`)
  return reason
}

export function testPackaging(): void {
  test('the steps of the Dockerfile make a node that serves, is healthy, and stops on its signal', {
    timeout: 240 * SECONDS
  }, async t => {
    const folder = scratchFolder(t)
    const app = join(folder, 'app')
    mkdirSync(app)
    const pack = spawnSync('npm', ['pack', '--ignore-scripts', `--pack-destination=${folder}`], { cwd: ROOT })
    t.equal(pack.status, 0, 'npm pack')
    t.deepEqual(textsOf(packages, 'COPY'), ['webtorrent-dht-*.tgz ./'])
    for (const name of readdirSync(folder).filter(name => name.endsWith('.tgz')))
      copyFileSync(join(folder, name), join(app, name))
    for (const step of textsOf(packages, 'RUN')) {
      const { status, stderr } = spawnSync('sh', ['-c', step], { cwd: app, encoding: 'utf8' })
      t.equal(status, 0, `${step} ${stderr}`)
    }
    t.ok(textsOf(image, 'COPY').includes('--from=packages /app/node_modules /app/node_modules'))
    t.deepEqual(textsOf(image, 'USER'), ['node'], 'not as root')

    const here = (text: string) => text.replaceAll('/app/', `${app}/`)
    const [entry = '[]'] = textsOf(image, 'ENTRYPOINT')
    const [program, ...args]: string[] = JSON.parse(here(entry))
    const [port, adminPort] = [await freePort(), await freePort()]
    const environment = {
      ...environmentOf(image),
      WEBTORRENT_DHT_ADMIN_PORT: String(adminPort),
      WEBTORRENT_DHT_DATA: join(folder, 'data')
    }
    const service = await Service.start(
      program === 'node' ? process.execPath : (program ?? ''),
      [...args, '--host', '127.0.0.1', '--port', String(port)],
      adminPort,
      environment
    )
    t.teardown(() => service.stop())
    const [health = ''] = textsOf(image, 'HEALTHCHECK')
    const [node = '', ...check]: string[] = JSON.parse(
      health.replace(/^.*CMD /, '').replace('16882', String(adminPort))
    )
    t.equal(spawnSync(node, check).status, 0, 'it is healthy')
    const [signal] = textsOf(image, 'STOPSIGNAL')
    t.equal(signal, 'SIGTERM')
    t.match(await service.stop(), /ended \(0\)/)
    t.notEqual(spawnSync(node, check).status, 0, 'then it is not')
  })

  test('the image is built, and runs', { skip: whyNoDocker(), timeout: 600 * SECONDS }, t => {
    const folder = scratchFolder(t)
    mkdirSync(join(folder, 'context'))
    const pack = ['pack', '--ignore-scripts', `--pack-destination=${folder}/context`]
    execFileSync('npm', pack, { cwd: ROOT, stdio: 'pipe' })
    const file = join(EXAMPLES, 'Dockerfile')
    const build = docker('build', '-q', '-f', file, '-t', IMAGE, join(folder, 'context'))
    t.equal(build.status, 0, build.stderr)
    const version = docker('run', '--rm', IMAGE, '--version')
    t.deepEqual([version.status, version.stderr], [0, ''])
    docker('image', 'rm', IMAGE)
    t.end()
  })

  test('compose.yaml: the flags are right, and the files are there', t => {
    const [{ services } = {} as Tree] = parseYaml('compose.yaml')
    const names = { DHT_NAME: 'dht.example.org', TURN_SECRET: 'secret' }
    const fill = (text: string) =>
      text.replace(/\$\{(\w+):\?\}/g, (_, name: keyof typeof names) => names[name] ?? '')
    const { node, caddy, coturn } = services as Tree
    const environment = Object.entries(node?.environment ?? {}).map(([name, value]) => [
      name,
      fill(String(value))
    ])
    const args = (node?.command ?? []).map(fill)
    const settings = settingsOf(args, { ...environmentOf(image), ...Object.fromEntries(environment) })
    t.deepEqual(settings.public, { address: 'dht.example.org', port: 443, isSecure: true })
    t.deepEqual([settings.turn, settings.turnSecret], [['turn:dht.example.org:3478'], 'secret'])
    t.deepEqual([settings.host, settings.trustProxy, settings.data], ['127.0.0.1', ['loopback'], '/data'])
    const mounted = [caddy, coturn]
      .flatMap(service => service?.volumes ?? [])
      .filter(volume => volume.startsWith('./'))
    for (const volume of mounted) t.ok(read(volume.split(':')[0] ?? ''), volume)
    t.ok(
      (coturn?.command ?? []).map(fill).includes('--static-auth-secret=secret'),
      'coturn has the same secret'
    )
    t.end()
  })

  test('kubernetes.yaml: the flags are right, and its parts find each other', t => {
    const documents = parseYaml('kubernetes.yaml')
    const find = (kind: string) => documents.filter(document => document.kind === kind)
    const [set] = find('StatefulSet')
    const { template, selector, replicas, serviceName } = (set?.spec ?? {}) as Tree
    const labels = template?.metadata?.labels
    const [container] = template?.spec?.containers ?? []
    const args = (container?.args ?? []).map(text => text.replace('$(POD_NAME)', 'webtorrent-dht-0'))
    const settings = settingsOf(args, environmentOf(image))
    t.deepEqual(settings.public, { address: 'webtorrent-dht-0.example.org', port: 443, isSecure: true })
    const pods = Array.from({ length: Number(replicas) }, (_, i) => `webtorrent-dht-${i}`)
    t.deepEqual(
      settings.bootstrap,
      pods.map(pod => `https://${pod}.example.org`),
      'all know each other'
    )
    t.deepEqual(selector?.matchLabels, labels)
    t.equal(template?.spec?.enableServiceLinks, false, 'no service of these names gets into the environment')
    const services = find('Service').map(({ metadata, spec }) => [metadata?.name, spec?.selector] as const)
    t.deepEqual(services, [
      [serviceName, labels],
      ...pods.map(pod => [pod, { 'statefulset.kubernetes.io/pod-name': pod }])
    ])
    const [ingress] = find('Ingress')
    const rules = ingress?.spec?.rules ?? []
    t.deepEqual(
      rules.map(({ host, http }) => [host, http?.paths?.[0]?.backend?.service?.name]),
      pods.map(pod => [`${pod}.example.org`, pod])
    )
    const ports = (container?.ports ?? []).map(({ name, containerPort }) => [name, containerPort])
    t.deepEqual(ports, [
      ['http', settings.port],
      ['metrics', settings.adminPort],
      ['webrtc', settings.udpPort]
    ])
    t.deepEqual([container?.volumeMounts?.[0]?.mountPath, settings.data], ['/data', '/data'])
    t.end()
  })

  test('webtorrent-dht.service: systemd takes it, and its flags are right', needs('systemd-analyze'), t => {
    const unit = read('webtorrent-dht.service')
    const [, command = ''] = /^ExecStart=(.+)$/m.exec(unit) ?? []
    const [program = '', serve, ...args] = command
      .replace(/\$\{STATE_DIRECTORY\}/, '/var/lib/webtorrent-dht')
      .split(' ')
    t.deepEqual([program, serve], ['/usr/bin/webtorrent-dht', 'serve'])
    t.equal(settingsOf(args).data, '/var/lib/webtorrent-dht')
    const path = join(scratchFolder(t), 'webtorrent-dht.service')
    writeFileSync(path, unit.replace(program, process.execPath)) // it must be there
    const output = execFileSync('systemd-analyze', ['verify', '--man=no', path], {
      encoding: 'utf8',
      stdio: 'pipe'
    })
    t.equal(output, '')
    t.end()
  })
}
