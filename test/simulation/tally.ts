/** How often something succeeded, and what numbers it took. */

export class Tally {
  total = 0
  successes = 0

  reset(): void {
    this.total = 0
    this.successes = 0
  }

  add(isSuccess: boolean): void {
    this.total++
    if (isSuccess) this.successes++
  }

  get share(): number {
    return this.total === 0 ? Number.NaN : this.successes / this.total
  }

  toString(): string {
    return `${percent(this.share)} of ${this.total}`
  }
}

/** Numbers of which the mean and the quantiles are wanted. */
export class Sample {
  values: number[] = []

  reset(): void {
    this.values = []
  }

  add(value: number): void {
    this.values.push(value)
  }

  get mean(): number {
    return this.values.reduce((sum, value) => sum + value, 0) / this.values.length
  }

  /** @param share 0.5 for the median, 1 for the largest */
  quantile(share: number): number {
    const sorted = this.values.toSorted((a, b) => a - b)
    return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
  }
}

export function percent(share: number): string {
  return Number.isNaN(share) ? '–' : `${(100 * share).toFixed(2)} %`
}
