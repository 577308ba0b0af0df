/** What the tags of a connection mean. An application may have tags of its own. */

const MEANINGS: Record<string, string> = { 'k-rpc-webrtc': 'routing table' }

export function describeTags(tags: readonly string[]): string {
  return tags.length === 0 ? 'spare' : tags.map(tag => MEANINGS[tag] ?? tag).join(', ')
}
