/** Reads Dockerfiles. */

export interface Instruction {
  name: string
  text: string
}

/** The instructions of a Dockerfile, in stages. */
export function parseDockerfile(text: string): Instruction[][] {
  const lines = text
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n\s*/g, '')
    .split('\n')
  const stages: Instruction[][] = []
  for (const line of lines.filter(line => line !== '')) {
    const [, name = '', text = ''] = /^([A-Z]+) (.+)$/.exec(line) ?? []
    if (name === '') throw new Error(`no instruction: ${line}`)
    if (name === 'FROM') stages.push([])
    stages.at(-1)?.push({ name, text })
  }
  return stages
}

/** What stands after the instructions of a name. */
export function textsOf(stage: Instruction[] | undefined, name: string): string[] {
  return (stage ?? []).flatMap(instruction => (instruction.name === name ? instruction.text : []))
}

/** What the stage sets with ENV. */
export function environmentOf(stage: Instruction[] | undefined): Record<string, string> {
  return Object.fromEntries(textsOf(stage, 'ENV').map(text => text.split('=') as [string, string]))
}
