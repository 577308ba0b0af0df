/** Prints how bep.md and its companions read: `npm run bep-facts`. */

import { facts } from './bep-facts.js'

for (const { document, words, wordsInTables, musts, forward, terms, usedEarly } of facts) {
  console.log(`${document}: ${words} words, ${wordsInTables} in tables; ${musts.length} requirements`)
  console.log(`  refers to what comes later ${forward.length} times ${forward.join(' ')}`)
  console.log(
    `  ${terms.length} terms, ${usedEarly.length} used before they are defined ${usedEarly.join(' ')}`
  )
}
