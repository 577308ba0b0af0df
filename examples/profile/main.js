/** A signed profile: this browser keeps the key that signs it, and `#public-key` in the address shows somebody's. */

import DHT from 'webtorrent-dht'

const element = id => document.getElementById(id)
/** One key can have several records: the salt tells them apart. */
const SALT = 'profile'
/** Milliseconds between two looks for a newer version. */
const INTERVAL = 5000
/** Milliseconds. Nodes that store the profile see to it that others do, too. Its owner is there in case that all of them go at once. */
const KEEP_INTERVAL = 10 * 60 * 1000
const NO_WAY_IN = 'No way in was found yet. Is the bootstrap node there?'

const dht = new DHT({ bootstrap: import.meta.env.VITE_BOOTSTRAP })

const showNoProblem = () => say('')
const showProblem = ({ message }) => say(`That did not work: ${message}.`)
const kept = () => JSON.parse(localStorage.getItem('profile'))

async function showOwn() {
  const keys = await DHT.keyPair(localStorage.getItem('profile-seed') ?? undefined)
  localStorage.setItem('profile-seed', keys.seed.toString('hex'))
  const record = dht.promises.record(keys, { salt: SALT })
  element('link').href = `#${keys.publicKey.toString('hex')}`
  const { name, about } = element('edit').elements
  element('edit').hidden = false
  element('edit').onsubmit = event => {
    event.preventDefault()
    record.set({ name: name.value, about: about.value }).then(showNoProblem, showProblem)
  }
  if (kept()) show(kept())
  name.value = kept()?.value.name ?? ''
  about.value = kept()?.value.about ?? ''
  dht.on('status', () => storeAgain(keys))
  setInterval(storeAgain, KEEP_INTERVAL, keys)
  for await (const { value, seq } of record.watch({ interval: INTERVAL })) {
    if (seq < kept()?.seq) continue
    localStorage.setItem('profile', JSON.stringify({ value: read(value), seq }))
    show({ value, seq })
  }
}

/** The version that this browser knows. */
function storeAgain({ publicKey, sign }) {
  if (!kept() || dht.status !== 'connected') return
  const { value, seq } = kept()
  dht.promises.put({ k: publicKey, salt: SALT, seq, v: value, sign }).then(showNoProblem, error => {
    const isOlder = error.code === 302 // another browser with this key has stored a newer one
    if (!isOlder) showProblem(error)
  })
}

async function showOther(publicKey) {
  element('own').hidden = false
  const record = dht.promises.record(publicKey, { salt: SALT })
  for await (const version of record.watch({ interval: INTERVAL })) show(version)
}

/** Only its owner can sign a profile, but he can sign anything. Text comes as bytes. */
function read(value) {
  return { name: String(value.name ?? '').slice(0, 40), about: String(value.about ?? '').slice(0, 200) }
}

function show({ value, seq }) {
  const { name, about } = read(value)
  document.title = name
  element('name').textContent = name
  element('about').textContent = about
  element('version').textContent = `Version ${seq}`
}

function say(problem) {
  element('problem').textContent = problem
}

dht.on('status', status => {
  if (status === 'alone') say(NO_WAY_IN)
  else if (element('problem').textContent === NO_WAY_IN) say('')
})
addEventListener('hashchange', () => location.reload())

const publicKey = location.hash.slice(1)
const shown = publicKey ? showOther(publicKey) : showOwn()
shown.catch(showProblem)
