/** The few words that one needs, for who has never heard of Kademlia. */

const TERMS: [string, string][] = [
  ['Node', 'A program that takes part: this tab, another tab, a server. Each has a random id of 160 bits.'],
  ['Distance', 'The XOR of two ids, read as a number. It has nothing to do with geography.'],
  [
    'Key, info hash',
    'A number of the same kind as an id. The nodes whose ids are nearest to it remember what belongs to it.'
  ],
  ['Bucket', 'A range of distances from this node, half as wide as the one before.'],
  [
    'Offer',
    'The half of a WebRTC connection that one side makes; the other side adds an answer. Nodes pass them on for each other.'
  ],
  ['Tag', 'A note on a connection that says what it is needed for.']
]

export function Glossary() {
  return (
    <details class="glossary">
      <summary>How to read the picture</summary>
      <p>
        This tab is in the middle. Clockwise from the top the others are farther and farther away from it.
        Each slice is a bucket: the left half of the circle holds the farther half of all ids.
      </p>
      <dl>
        {TERMS.map(([term, meaning]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </details>
  )
}
