/** How bep.md and its companions read: words, requirements, references to what comes later, terms that are used before they are defined. */

import { CORE, companions, documents } from './bep-text.js'

export interface Facts {
  document: string
  /** Outside of examples and tables. */
  words: number
  wordsInTables: number
  /** The numbers of its requirements. */
  musts: number[]
  /** Links to a later place; in bep.md also links to companions, outside of the section that lists them. */
  forward: string[]
  /** Links that lead nowhere, or that name another requirement than they lead to. */
  dead: string[]
  terms: string[]
  /** Terms with a use before their definition. */
  usedEarly: string[]
}

/** Where bep.md lists its companions. */
const LIST = '\n### 8.2 '
const ANCHOR = /<a id="(\w+)"><\/a>/g

export const facts: readonly Facts[] = [...documents].map(([document, text]) => ({
  document,
  ...countWords(text),
  musts: Array.from(text.matchAll(/\*\*M(\d+)\*\*/g), ([, number]) => Number(number)),
  ...followLinks(document, text),
  ...followTerms(text)
}))

function countWords(text: string): Pick<Facts, 'words' | 'wordsInTables'> {
  const lines = text
    .replace(/^```.*?^```$/gms, '')
    .replaceAll(ANCHOR, '')
    .split('\n')
  const count = (chosen: string[]) => chosen.join(' ').match(/\S+/g)?.length ?? 0
  const isTable = (line: string) => line.startsWith('|')
  return {
    words: count(lines.filter(line => !isTable(line) && !line.startsWith('    '))),
    wordsInTables: count(lines.filter(isTable).map(line => line.replaceAll('|', ' ')))
  }
}

function followLinks(document: string, text: string): Pick<Facts, 'forward' | 'dead'> {
  const contents = text.indexOf('\n## ')
  const list = text.indexOf(LIST)
  const [dead, forward]: [string[], string[]] = [[], []]
  for (const { index, 0: link, 1: label, 2: path = '', 3: anchor } of text.matchAll(
    /\[([^\]]*)\]\(((?:\.\.\/\.\.\/bep\.md|docs\/beps\/[^)#]*)?)(?:#([^)]*))?\)/g
  )) {
    const name = path === '' ? document : path.replace('../../', '')
    const target = anchor === undefined ? 0 : anchorsIn(documents.get(name) ?? '').get(anchor)
    const isNamed = /^m\d+$/.test(anchor ?? '') ? label === anchor?.toUpperCase() : true
    if (target === undefined || !documents.has(name) || !isNamed) {
      dead.push(link)
      continue
    }
    const isLater = name === document ? target > index : companions.has(name) && index < list
    if (isLater && index > contents) forward.push(link)
  }
  return { dead, forward }
}

/** Where each anchor is: those of headings, as GitHub makes them, and those of numbers. */
function anchorsIn(markdown: string): Map<string, number> {
  const toAnchor = (heading: string) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-')
  const headings = Array.from(
    markdown.matchAll(/^#+ (.*)$/gm),
    ({ index, 1: heading = '' }) => [toAnchor(heading), index] as const
  )
  const numbers = Array.from(markdown.matchAll(ANCHOR), ({ index, 1: name = '' }) => [name, index] as const)
  return new Map([...headings, ...numbers])
}

/** A term is defined by its row in the table of terms, or where it stands in italics. Names of extensions are defined by their table. */
function followTerms(text: string): Pick<Facts, 'terms' | 'usedEarly'> {
  const blank = (part: string) => part.replace(/[^\n]/g, ' ')
  const bare = text
    .replace(/^```.*?^```$/gms, blank)
    .replace(/^#.*$/gm, blank)
    .replace(/^\*[A-Z].*\*$/gm, blank)
  const prose = bare.replace(/`[^`\n]*`/g, blank)
  const start = Math.max(text.indexOf('\n## 1. '), 0)
  const terms = [
    ...inTable(text, 'Term', ([cell = '']) => cell.split(', ')),
    ...Array.from(prose.matchAll(/(?<![*\w])\*([a-z][a-z ]+)\*(?!\*)/g), ({ index, 1: term = '' }) => ({
      term,
      definedAt: text.lastIndexOf('\n', index)
    })),
    ...inTable(text, 'Extension', ([cell = '']) => [cell])
  ]
  const isEarly = ({ term, definedAt }: { term: string; definedAt: number }) => {
    const use = term.startsWith('`') ? bare.indexOf(term, start) : indexOfWord(prose, term, start)
    return use >= 0 && use < definedAt
  }
  return { terms: terms.map(({ term }) => term), usedEarly: terms.filter(isEarly).map(({ term }) => term) }
}

function inTable(text: string, heading: string, termsIn: (cells: string[]) => string[]) {
  const start = text.indexOf(`\n| ${heading} |`)
  if (start < 0) return []
  const table = text.slice(start, text.indexOf('\n\n', start))
  return Array.from(table.matchAll(/\n\| (.*) \|/g))
    .slice(2)
    .flatMap(({ index, 1: row = '' }) =>
      termsIn(row.split(' | ')).map(term => ({ term, definedAt: start + index }))
    )
}

function indexOfWord(text: string, term: string, start: number): number {
  const found = text.slice(start).search(new RegExp(`\\b${term}s?\\b`, 'i'))
  return found < 0 ? -1 : start + found
}

export const coreFacts = facts.find(({ document }) => document === CORE) as Facts
