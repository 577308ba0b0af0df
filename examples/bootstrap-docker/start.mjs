/** `npm start`: packs the package for the image, starts the container, and waits until the node is healthy. */

import { spawnSync } from 'node:child_process'
import { root, setUp } from '../../scripts/setup.mjs'

/** Runs a command, or ends the process where it fails. */
function run(command, problem, cwd) {
  const { status } = spawnSync(command, { cwd, stdio: 'inherit', shell: true })
  if (status === 0) return
  console.error(problem)
  process.exit(1)
}

run(
  'docker compose version',
  'This example needs Docker with Compose: see https://docs.docker.com/get-started/get-docker/.'
)
await setUp()
run('npm pack --loglevel=error', 'The package could not be packed.', root)
run('docker compose up --build --wait', 'The node did not start: `docker compose logs` says why.')
run('docker compose logs --no-log-prefix', 'Docker does not show what the node says.')
console.log('The node is healthy. `npm stop` ends it; its key and its values stay.')
