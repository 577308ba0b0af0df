/** All vectors, as vectors.json, decisions.json and transcripts.json have them. */

import { laterCandidates, requests, responses, serverInfo } from './bodies.mjs'
import { decisions } from './decisions.mjs'
import { candidates, roles } from './descriptions.mjs'
import { boundIds, looks, proofs, webSocketFingerprints } from './ids.mjs'
import { messages } from './messages.mjs'
import { puts } from './puts.mjs'
import { refusedMessages, refusedReplies } from './refused.mjs'
import { transcripts } from './transcripts.mjs'

const sections = {
  messages,
  refusedMessages,
  refusedReplies,
  requests,
  responses,
  laterCandidates,
  serverInfo,
  roles,
  candidates,
  boundIds,
  looks,
  proofs,
  webSocketFingerprints,
  puts
}

/** JSON with a line for each vector. */
function write(sections) {
  const text = Object.entries(sections).map(([name, vectors]) => {
    const items = vectors.map(vector => `    ${JSON.stringify(vector)}`)
    return `  ${JSON.stringify(name)}: [\n${items.join(',\n')}\n  ]`
  })
  return `{\n${text.join(',\n')}\n}\n`
}

export const files = {
  'vectors.json': write(sections),
  'decisions.json': write(decisions),
  'transcripts.json': write({ transcripts })
}
