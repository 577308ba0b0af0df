/** Runs a command: each is loaded when it is called for. */

import { type CommandLine, readCommandLine } from './command-line.js'
import type { Settings } from './settings.js'

/** @returns the exit code; `serve` ends the process itself */
export async function runCommand({ command, settings, args }: CommandLine, typed: string[]): Promise<number> {
  switch (command) {
    case 'serve': {
      const { serve } = await import('./serve.js')
      await serve(settings, () => reread(typed, settings))
      return 0
    }
    case 'id': {
      const { showId } = await import('./id-command.js')
      return showId(settings)
    }
    case 'doctor': {
      const { examine } = await import('./doctor.js')
      return examine(settings)
    }
    default: {
      const { clientCommands } = await import('./client-commands.js')
      return clientCommands[command](settings, args)
    }
  }
}

function reread(typed: string[], before: Settings): Settings {
  const read = readCommandLine(typed)
  return typeof read === 'string' ? before : read.settings
}
