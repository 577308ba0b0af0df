/** Where files are dropped or chosen. The whole page takes them: to miss it would else leave the page. */

import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'

interface Props {
  /** What was wrong with the last ones. */
  error: string
  onFiles: (files: File[]) => void
}

const HINT = 'Several become one link. They stay in this tab, and go to whoever opens the link.'
const FOLDER = 'Folders are taken in a terminal: npm start -- --seed path. Here, drop the files in it.'

export function DropZone({ error, onFiles }: Props) {
  const isOver = useSignal(false)
  const hasFolder = useSignal(false)
  const take = (files: FileList | null, isFolderAmong: boolean) => {
    hasFolder.value = isFolderAmong
    if (!isFolderAmong && files) onFiles([...files])
  }
  useEffect(() => catchDrops(isOver, take), [])
  const fault = hasFolder.value ? FOLDER : error
  return (
    <div class="drop">
      <label class={isOver.value ? 'drop-zone is-over' : 'drop-zone'}>
        <input
          type="file"
          class="visually-hidden"
          multiple
          aria-describedby="share-error"
          onChange={event => {
            take(event.currentTarget.files, false)
            event.currentTarget.value = '' // so that the same file can be chosen again
          }}
        />
        <strong>Drop a file here</strong>
        <span>or choose one</span>
      </label>
      <p id="share-error" class={fault ? 'note is-error' : 'note'} role="status">
        {fault || HINT}
      </p>
    </div>
  )
}

function catchDrops(
  isOver: { value: boolean },
  take: (files: FileList, isFolderAmong: boolean) => void
): () => void {
  const listeners = new AbortController()
  const { signal } = listeners
  const listen = (name: 'dragover' | 'dragleave' | 'drop', act: (data: DataTransfer) => void) =>
    addEventListener(
      name,
      event => {
        if (!event.dataTransfer?.types.includes('Files')) return
        event.preventDefault()
        act(event.dataTransfer)
      },
      { signal }
    )
  listen('dragover', data => {
    data.dropEffect = 'copy'
    isOver.value = true
  })
  listen('dragleave', () => {
    isOver.value = false
  })
  listen('drop', data => {
    isOver.value = false
    take(
      data.files,
      [...data.items].some(item => item.webkitGetAsEntry()?.isDirectory)
    )
  })
  return () => listeners.abort()
}
