/** All cells, those of the short form first. */

import type { Cell } from '../cell.js'
import { HOMES } from './homes.js'
import { OUTAGES } from './outages.js'

export const CELLS: readonly Cell[] = [...HOMES, ...OUTAGES]
