/** placeholder */
import type { LookupFigures } from './figures.js'
export function plot(_figures: LookupFigures[]): string {
  return ''
}
