/** Where this package is not as upstream is, on purpose: one table, which is run with both. */

import type { Test } from 'tape'
import { type Implementation, onBoth } from '../helpers/implementations.js'
import * as ends from './observations.js'
import * as sockets from './socket-observations.js'

interface Difference {
  what: string
  observe(t: Test, implementation: Implementation): Promise<unknown>
  upstream: unknown
  ours: unknown
  because: string
}

const NOT_HEARD = { upstream: ['Query timed out', 'ETIMEDOUT'], ours: ['204 Method Unknown', 204] }
const UNEXPECTED = 'warning: Unexpected transaction id: N'
const NOT_AWAITED =
  'a reply counts on its connection while its query waits (bep.md); memory of others would grow'
const THROWN = {
  upstream: { uncaught: 1, warnings: [], isAnswered: true },
  ours: { uncaught: 0, warnings: ['of the application'], isAnswered: true },
  because: 'no message from outside may end the process'
}
const NO_MESSAGE =
  'what is no message is counted (stats), and causes no event: a stranger could cause any number'

const differences: Difference[] = [
  {
    what: 'a query to k-rpc-socket for which nobody listens',
    observe: ends.unheardBySocket,
    ...NOT_HEARD,
    because: 'who asks learns it at once, and does not take the node for dead'
  },
  {
    what: 'a query to k-rpc for which nobody listens',
    observe: ends.unheardByRPC,
    ...NOT_HEARD,
    because: 'k-rpc itself listens at its socket, and answers nothing'
  },
  {
    what: 'a query to the DHT that is not its own, for which nobody else listens',
    observe: ends.unheardByDHT,
    ...NOT_HEARD,
    because: 'the DHT listens for its own methods only'
  },
  {
    what: 'a response after the query has timed out',
    observe: ends.answeredTooLate(() => {}),
    upstream: ['response late', UNEXPECTED],
    ours: [],
    because: NOT_AWAITED
  },
  {
    what: 'a response after the query was cancelled',
    observe: ends.answeredTooLate((client, transaction) => client.cancel(transaction)),
    upstream: ['response late', UNEXPECTED],
    ours: [],
    because: NOT_AWAITED
  },
  {
    what: 'a second response to the same query',
    observe: ends.answeredTwice,
    upstream: ['first', 'response second', UNEXPECTED],
    ours: ['first'],
    because: NOT_AWAITED
  },
  {
    what: 'a response by another than was asked',
    observe: ends.answeredByAnother,
    upstream: ['response forged', 'warning: Out of order response', 'goes on'],
    ours: ['goes on'],
    because: NOT_AWAITED
  },
  {
    what: 'a response by another socket of the same host',
    observe: ends.answeredFromSameHost,
    upstream: 'another',
    ours: 'the asked one',
    because: 'UDP shows the host at best; a connection belongs to one node'
  },
  {
    what: 'the response to a query that was sent as a raw message',
    observe: sockets.rawQuery,
    upstream: ['response', 'warning', 'response'],
    ours: ['response'],
    because: NOT_AWAITED
  },
  {
    what: 'an empty message',
    observe: ends.warningsOf(''),
    upstream: ['Unknown type: null'],
    ours: [],
    because: NO_MESSAGE
  },
  {
    what: 'bytes that are not bencoded',
    observe: ends.warningsOf('hello'),
    upstream: ['Invalid data: Missing delimiter ":" [0x3a]'],
    ours: [],
    because: NO_MESSAGE
  },
  {
    what: 'a message that is neither query nor reply',
    observe: ends.warningsOf('d1:t2:aa1:y1:xe'),
    upstream: ['Unknown type: x'],
    ours: [],
    because: NO_MESSAGE
  },
  { what: 'a listener for query that throws', observe: ends.thrownIn('query'), ...THROWN },
  { what: 'a listener for message that throws', observe: ends.thrownIn('message'), ...THROWN },
  {
    what: 'a query after destroy',
    observe: sockets.askedAfterDestroy,
    upstream: 'ERR_SOCKET_DGRAM_NOT_RUNNING',
    ours: 'calls back',
    because: 'what comes too late is no mistake of the programmer'
  },
  {
    what: 'a second destroy',
    observe: sockets.destroyedTwice,
    upstream: 'ERR_SOCKET_DGRAM_NOT_RUNNING',
    ours: 'calls back',
    because: 'what comes too late is no mistake of the programmer'
  },
  {
    what: 'the methods about connections',
    observe: sockets.reservedMethods,
    upstream: ['peer_connection', 'release', 'neighbours', 'dial', 'echo'],
    ours: ['echo'],
    because: 'WebRTC needs them itself (bep.md): an application cannot use these four names'
  },
  {
    what: 'the error where nobody listens',
    observe: sockets.textWhereNobodyIs,
    upstream: ['ETIMEDOUT', 'Query timed out'],
    ours: ['ETIMEDOUT', 'why'],
    because: 'over HTTP it is known why, and at once; the code is the same'
  },
  {
    what: 'what query returns for a peer that is given by name',
    observe: sockets.transactionOfNamedPeer,
    upstream: 'undefined',
    ours: 'number',
    because: 'the name is resolved while the query counts already, so it can be cancelled'
  },
  {
    what: 'where somebody is who was asked by name',
    observe: sockets.addressOfNamedPeer,
    upstream: 'where it is',
    ours: '240.0.0.N',
    because: 'HTTP resolves the name; the address is one in the address book (bep.md), and good to ask again'
  },
  {
    what: 'the address of a socket that has not been used',
    observe: sockets.addressBeforeUse,
    upstream: 'EBADF',
    ours: '0.0.0.0:0',
    because: 'a node without a server never has a port of its own'
  },
  {
    what: 'the address that is listened on by default',
    observe: sockets.addressByDefault,
    upstream: '0.0.0.0',
    ours: '127.0.0.1',
    because: 'an HTTP server is not put on the network unasked'
  },
  {
    what: 'listening without bind',
    observe: sockets.listeningUnasked,
    upstream: ['listening', 'responded'],
    ours: ['responded'],
    because: 'who only asks needs no HTTP server'
  },
  {
    what: 'the option socket',
    observe: sockets.ownDatagramSocket,
    upstream: true,
    ours: false,
    because: 'datagrams go over WebRTC'
  },
  {
    what: 'keys of a raw message beside t, y, q and a',
    observe: sockets.keysOfRawQuery,
    upstream: ['a', 'q', 'ro', 't', 'v', 'y'],
    ours: ['a', 'q', 't', 'y'],
    because: 'only what was checked goes up'
  },
  {
    what: 'arguments of find_node that BEP 5 does not know, where the DHT answers it',
    observe: sockets.unknownKeyOfFindNode,
    upstream: ['id', 'target', 'want'],
    ours: ['id', 'target'],
    because: 'only what was checked goes up'
  },
  {
    what: 'an id in the arguments of somebody else',
    observe: sockets.claimedId,
    upstream: [null, true],
    ours: [null, false],
    because: 'the table holds nodes that are connected, under the ids of their connections'
  },
  {
    what: 'the end of a response to an asker that is gone',
    observe: sockets.responseToGoneAsker,
    upstream: 'sent',
    ours: 'ETIMEDOUT',
    because: 'a connection tells that it is closed'
  },
  {
    what: 'arguments ten and forty lists deep',
    observe: sockets.deepArguments,
    upstream: ['arrived', 'arrived'],
    ours: ['arrived', 'refused'],
    because: 'a limit (bep.md): decoders are recursive'
  },
  {
    what: 'a response ten and forty lists deep',
    observe: sockets.deepResponse,
    upstream: ['arrived', 'arrived'],
    ours: ['arrived', 'ETIMEDOUT'],
    because: 'a limit (bep.md): decoders are recursive'
  },
  {
    what: 'the code of a query that was cancelled',
    observe: sockets.codeOfCancelled,
    upstream: undefined,
    ours: 'ECLOSED',
    because: 'every error has a code'
  },
  {
    what: 'the key __proto__',
    observe: sockets.prototypeKey,
    upstream: [null, 1],
    ours: [null, 'refused'],
    because: 'a decoder would make it the prototype'
  },
  {
    what: 'how many nodes a search converges on',
    observe: sockets.widthOfSearches,
    upstream: 20,
    ours: 8,
    because: 'each may need a connection'
  }
]

for (const { what, observe, because, upstream, ours } of differences) {
  onBoth(`differs: ${what}`, async (t, implementation) => {
    t.deepEqual(await observe(t, implementation), implementation.isOurs ? ours : upstream, because)
  })
}
