/** A player: seeds the film or song that is dropped on it, and plays what the magnet link in the address names while it loads. */

import WebTorrent from 'webtorrent/dist/webtorrent.min.js'
import DHT from 'webtorrent-dht'
import { attach } from 'webtorrent-dht/webtorrent'

const element = id => document.getElementById(id)
const once = (target, event) =>
  new Promise(resolve => target.addEventListener(event, resolve, { once: true }))
const NO_WAY_IN = 'No way in was found yet. Is the bootstrap node there?'
const isMedia = ({ type }) => /^(audio|video)\//.test(type)

const dht = new DHT({ bootstrap: import.meta.env.VITE_BOOTSTRAP })
const client = new WebTorrent()
attach(client, dht)

function seed(file) {
  if (!file) return
  if (!isMedia(file)) return showProblem('This is neither a film nor a song.')
  element('choose').hidden = true
  // No trackers: the link leads to this page by the DHT alone.
  client.seed(file, { announceList: [] }, torrent => {
    element('link').href = `#${torrent.magnetURI}`
    element('share').hidden = false
    play(torrent)
  })
}

function load(magnet) {
  element('choose').hidden = true
  element('show').hidden = false
  client.add(magnet, play)
}

async function play(torrent) {
  const file = torrent.files.find(isMedia)
  if (!file) return showProblem('There is neither a film nor a song in it.')
  document.title = file.name
  element('title').textContent = file.name
  element('show').hidden = false
  for (const event of ['wire', 'download', 'upload', 'done']) torrent.on(event, () => showState(torrent))
  showState(torrent)
  await canStream
  file.streamTo(element('player'))
}

function showState({ progress, numPeers, uploaded }) {
  element('progress').value = progress
  const peers = numPeers === 1 ? '1 peer' : `${numPeers} peers`
  const sent = `${Math.round(uploaded / 1e5) / 10} MB`
  element('state').textContent = `${Math.floor(100 * progress)} % loaded, ${peers}, ${sent} sent`
}

/** The player asks for parts of the file; a service worker has this page answer with pieces of the torrent. */
async function startStreaming() {
  const { serviceWorker } = navigator
  if (!serviceWorker) throw new Error('the browser wants HTTPS or localhost for this page')
  const controller = await serviceWorker.register('/sw.min.js')
  const { active } = await serviceWorker.ready
  if (!serviceWorker.controller) await once(serviceWorker, 'controllerchange')
  if (active.state !== 'activated') await once(active, 'statechange')
  client.createServer({ controller })
}

function showProblem(text) {
  element('problem').textContent = text
}

const canStream = startStreaming()
canStream.catch(({ message }) => showProblem(`The page cannot play while it loads: ${message}.`))
client.on('error', ({ message }) => showProblem(`That did not work: ${message}.`))
dht.on('status', status => {
  if (status === 'alone') showProblem(NO_WAY_IN)
  else if (element('problem').textContent === NO_WAY_IN) showProblem('')
})
element('player').onerror = () => showProblem('This browser cannot play this kind of file.')
element('choose').onchange = ({ target }) => seed(target.files[0])
addEventListener('dragover', event => event.preventDefault())
addEventListener('drop', event => {
  event.preventDefault()
  if (!element('choose').hidden) seed(event.dataTransfer.files[0])
})
addEventListener('hashchange', () => location.reload())
if (location.hash.startsWith('#magnet:')) load(location.hash.slice(1))
