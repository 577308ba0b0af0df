/** All cells, those of the short form first. */

import type { Cell } from '../cell.js'
import { BLOCKED } from './blocked.js'
import { BROWSERS } from './browsers.js'
import { CHANGES } from './changes.js'
import { HOMES } from './homes.js'
import { RELAYED } from './relayed.js'
import { SLOW } from './slow.js'
import { STUN_SERVERS } from './stun.js'
import { SYMMETRIC } from './symmetric.js'

export const CELLS: readonly Cell[] = [
  ...HOMES,
  ...SYMMETRIC,
  ...RELAYED,
  ...SLOW,
  ...STUN_SERVERS,
  ...BLOCKED,
  ...CHANGES,
  ...BROWSERS
]
