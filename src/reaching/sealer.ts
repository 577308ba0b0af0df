/** Seals the descriptions of dials, so that the nodes that pass them on cannot read them. */

import type { Description } from '../wire/description.js'

/** @internal Of an application. Candidates that follow a description would be in the open: a sealed one is whole. */
export interface Sealer {
  /** Seals a description of this node's own. */
  seal(description: Description): Promise<Description>
  /** @throws WebTorrentDHTError `EREFUSED` if the other side has sealed it otherwise, or not at all */
  open(description: Description): Promise<Description>
}
