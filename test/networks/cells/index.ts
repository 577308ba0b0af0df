/** All cells, those of the short form first. */

import type { Cell } from '../cell.js'
import { HOMES } from './homes.js'

export const CELLS: readonly Cell[] = [...HOMES]
