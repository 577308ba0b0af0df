/** A text as a QR code: black on white in both themes, as cameras want it. */

import { useMemo } from 'preact/hooks'
import encodeQR from 'qr'

/** Dots around the code that stay white. */
const QUIET = 4

interface Props {
  /** Nothing is shown where it is empty. */
  text: string
  label: string
}

export function QrCode({ text, label }: Props) {
  const { path, size } = useMemo(() => draw(text), [text])
  return (
    <div class="qr-code">
      {text === '' ? (
        <p class="muted">The QR code comes here.</p>
      ) : (
        <svg viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shape-rendering="crispEdges">
          <rect width={size} height={size} fill="#fff" />
          <path d={path} fill="#000" />
        </svg>
      )}
    </div>
  )
}

function draw(text: string): { path: string; size: number } {
  if (text === '') return { path: '', size: 0 }
  // The code is read from a screen, which has no stains: what corrects errors would only make the dots smaller.
  const rows = encodeQR(text, 'raw', { ecc: 'low', border: QUIET })
  const dots = rows.flatMap((row, y) => row.flatMap((isBlack, x) => (isBlack ? `M${x} ${y}h1v1h-1z` : [])))
  return { path: dots.join(''), size: rows.length }
}
