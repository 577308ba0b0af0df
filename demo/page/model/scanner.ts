/** Reads a QR code with the camera. */

import { UserError } from './result.js'

const FRAME_PAUSE = 100
/** A code of some hundred characters has 80 dots a side: of fewer pixels nothing is left. */
const CAMERA = { video: { facingMode: 'environment', width: { ideal: 1280 }, height: { ideal: 960 } } }

interface Detector {
  detect(video: HTMLVideoElement): Promise<{ rawValue: string }[]>
}

interface DetectorClass {
  new (options: { formats: string[] }): Detector
  getSupportedFormats(): Promise<readonly string[]>
}

/**
 * Shows the camera's picture in a video element until there is a QR code in it.
 *
 * @returns the text of the code
 * @throws UserError without a camera; the reason of the signal
 */
export async function scan(video: HTMLVideoElement, signal: AbortSignal): Promise<string> {
  const [stream, detector] = await Promise.all([openCamera(), createDetector()])
  const close = () => {
    for (const track of stream.getTracks()) track.stop()
    video.srcObject = null
  }
  try {
    signal.throwIfAborted()
    video.srcObject = stream
    await video.play()
    for (;;) {
      const [code] = await detector.detect(video)
      signal.throwIfAborted()
      if (code) return code.rawValue
      await new Promise(resolve => setTimeout(resolve, FRAME_PAUSE))
      signal.throwIfAborted()
    }
  } finally {
    close()
  }
}

async function openCamera(): Promise<MediaStream> {
  if (!navigator.mediaDevices) {
    throw new UserError('Browsers give the camera only to pages that come over HTTPS, or from this machine.')
  }
  try {
    return await navigator.mediaDevices.getUserMedia(CAMERA)
  } catch (cause) {
    throw new UserError('There is no camera, or this page may not use it. Paste the text instead.', { cause })
  }
}

/** The browser's own where it reads QR codes, else a library, which is loaded now. */
async function createDetector(): Promise<Detector> {
  const { BarcodeDetector: Own } = globalThis as { BarcodeDetector?: DetectorClass }
  const formats = (await Own?.getSupportedFormats()) ?? []
  if (Own && formats.includes('qr_code')) return new Own({ formats: ['qr_code'] })
  const { BarcodeDetector } = await import('qr/decode.js')
  return new BarcodeDetector({ formats: ['qr_code'] })
}
