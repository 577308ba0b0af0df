/** The routing table, bucket by bucket. */

import type { Neighbour, Neighbourhood } from '../model/neighbourhood.js'
import { Panel } from './panel.js'

/** All the nearer ones share the last row: in a small DHT they are empty. */
const ROWS = 8
const SHARES = ['½', '¼', '⅛', '¹⁄₁₆', '¹⁄₃₂', '¹⁄₆₄', '¹⁄₁₂₈']
const MAX_DOTS = 10

export function BucketsPanel({ neighbourhood }: { neighbourhood: Neighbourhood }) {
  return (
    <Panel
      name="buckets"
      title="Buckets by distance"
      hint="Far nodes share a bucket, near ones have many: so a search gets twice as close with every step. Where many are known, the routing table holds a few."
    >
      <table>
        <thead>
          <tr>
            <th scope="col">Bucket</th>
            <th scope="col" title="The share of all ids that belong into the bucket">
              Ids
            </th>
            <th scope="col">Nodes</th>
            <th scope="col" class="right">
              In table
            </th>
          </tr>
        </thead>
        <tbody>
          {Array.from({ length: ROWS }, (_, index) => (
            <Bucket
              key={index}
              index={index}
              nodes={neighbourhood.neighbours.filter(({ bucket }) => Math.min(bucket, ROWS - 1) === index)}
            />
          ))}
        </tbody>
      </table>
    </Panel>
  )
}

function Bucket({ index, nodes }: { index: number; nodes: Neighbour[] }) {
  const inTable = nodes.filter(({ isInTable }) => isInTable)
  const others = nodes.filter(({ isInTable }) => !isInTable)
  return (
    <tr>
      <th scope="row">{index < ROWS - 1 ? index : `${index} …`}</th>
      <td>{SHARES[index] ?? 'nearer'}</td>
      <td>
        <span class="dots" aria-hidden="true">
          {[...inTable, ...others].slice(0, MAX_DOTS).map(({ id, isInTable }) => (
            <i key={id} class={isInTable ? 'dot' : 'dot is-hollow'} />
          ))}
          {nodes.length > MAX_DOTS && <small>+{nodes.length - MAX_DOTS}</small>}
        </span>
      </td>
      <td class="right">
        {inTable.length} of {nodes.length}
      </td>
    </tr>
  )
}
